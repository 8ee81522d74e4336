import type { Entry } from "../api/types";
import { sameDay } from "../ui/time";

/** What the column draws, from top to bottom. */
export type Item =
  | { type: "day"; key: string; at: string }
  | { type: "new"; key: string }
  | { type: "switch"; key: string; entry: Entry; from: string }
  | { type: "bubbles"; key: string; entries: Entry[] }
  | { type: "letter"; key: string; entry: Entry; collapsible: boolean; run: string; first: boolean; runLength: number }
  | { type: "note"; key: string; entry: Entry }
  | { type: "call"; key: string; entry: Entry }
  | { type: "events"; key: string; entries: Entry[] };

export interface Looks {
  /** Channels whose messages have a subject are drawn as cards, the others as bubbles. */
  letters: ReadonlySet<string>;
  /** The last entry this agent had read when the thread was opened. */
  seen: number;
}

const GROUP_MS = 180_000;

export function arrange(entries: Entry[], looks: Looks): Item[] {
  const items: Item[] = [];
  const channels: Partial<Record<Entry["direction"], string>> = {};
  let before: Entry | undefined;
  let marked = false;
  for (const entry of entries) {
    if (!before || !sameDay(before.at, entry.at)) items.push({ type: "day", key: `day-${entry.id}`, at: entry.at });
    if (!marked && entry.direction === "in" && entry.seq > looks.seen && looks.seen > 0) {
      items.push({ type: "new", key: "new" });
      marked = true;
    }
    if (entry.kind === "message" || entry.kind === "call") {
      const from = channels[entry.direction];
      if (from && from !== entry.channel) items.push({ type: "switch", key: `switch-${entry.id}`, entry, from });
      channels[entry.direction] = entry.channel;
    }
    place(items, entry, looks);
    before = entry;
  }
  return collapse(items);
}

export function isLetter(entry: Entry, letters: ReadonlySet<string>): boolean {
  return letters.has(entry.channel) || Boolean(entry.subject || entry.html);
}

function place(items: Item[], entry: Entry, looks: Looks): void {
  const last = items.at(-1);
  if (entry.kind === "note" || entry.kind === "call") items.push({ type: entry.kind, key: entry.id, entry });
  else if (entry.kind !== "message") {
    if (last?.type === "events") last.entries.push(entry);
    else items.push({ type: "events", key: entry.id, entries: [entry] });
  } else if (isLetter(entry, looks.letters)) {
    const one = { type: "letter" as const, key: entry.id, entry };
    items.push({ ...one, collapsible: false, run: entry.id, first: true, runLength: 1 });
  } else if (last?.type === "bubbles" && together(last.entries.at(-1), entry)) last.entries.push(entry);
  else items.push({ type: "bubbles", key: entry.id, entries: [entry] });
}

function together(before: Entry | undefined, entry: Entry): boolean {
  return (
    before !== undefined &&
    before.direction === entry.direction &&
    before.channel === entry.channel &&
    before.author.id === entry.author.id &&
    before.author.name === entry.author.name &&
    Date.parse(entry.at) - Date.parse(before.at) < GROUP_MS
  );
}

/** In a run of emails all but the last become one line each; days, events and switches between don't end a run. */
function collapse(items: Item[]): Item[] {
  let run: Extract<Item, { type: "letter" }>[] = [];
  const end = () => {
    const first = run[0];
    for (const [index, letter] of run.entries()) {
      letter.run = first?.key ?? letter.key;
      letter.first = index === 0;
      letter.runLength = run.length;
      letter.collapsible = run.length > 2 && index < run.length - 1;
    }
    run = [];
  };
  for (const item of items) {
    if (item.type === "letter") run.push(item);
    else if (item.type === "bubbles" || item.type === "note" || item.type === "call" || item.type === "new") end();
  }
  end();
  return items;
}
