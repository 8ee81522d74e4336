import type { Entry } from "../api/types";
import { sameDay } from "../ui/time";

export interface Step {
  key: string;
  seq: number;
  channel: string;
  at: string;
  count: number;
}

const MOST = 6;

/** What the customer and we said lately, newest first: one line per channel in a row and day. */
export function journey(entries: Entry[]): Step[] {
  const steps: Step[] = [];
  for (const entry of entries.filter((one) => one.kind === "message" || one.kind === "call").toReversed()) {
    const last = steps.at(-1);
    if (last && last.channel === entry.channel && sameDay(last.at, entry.at)) {
      last.count += 1;
      last.seq = entry.seq;
    } else if (steps.length < MOST) {
      steps.push({ key: entry.id, seq: entry.seq, channel: entry.channel, at: entry.at, count: 1 });
    } else break;
  }
  return steps;
}
