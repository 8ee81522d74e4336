import type { Entry } from "../api/types";
import { whenDue } from "../ui/time";

type Facts = Record<string, unknown>;

const word = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

const list = (value: unknown): string => (Array.isArray(value) ? value.map(word).filter(Boolean).join(", ") : "");

/** What happened, as a sentence without its subject; the hub's event types are the keys. */
const events: Record<string, (facts: Facts) => string> = {
  opened: (facts) => `opened the case “${word(facts.subject)}”`,
  assigned: (facts) => `assigned it to ${word(facts.agent)}`,
  unassigned: () => "took the assignee off",
  team: (facts) => (facts.team ? `gave it to the team ${word(facts.team)}` : "took it from its team"),
  priority: (facts) => `set the priority to ${word(facts.new)}`,
  renamed: (facts) => `renamed the case to “${word(facts.new)}”`,
  tagged: tagged,
  snoozed: (facts) =>
    facts.until ? `snoozed it until ${whenDue(word(facts.until))}` : "snoozed it until the customer replies",
  woken: (facts) =>
    facts.by === "time" ? "brought it back: its time has come" : "brought it back: the customer replied",
  reopened: (facts) => (facts.by === "reply" ? "reopened it: the customer replied" : "reopened it"),
  waiting: () => "set it to wait for the customer",
  done: () => "marked it done",
  spam: () => "marked it as spam",
  moved: () => "moved a message to another case",
  customer: () => "changed the customer's details",
  reaction: (facts) => (facts.emoji ? `reacted ${word(facts.emoji)}` : "took a reaction back"),
  removed: () => "took a message back",
  consent: (facts) => {
    const through = facts.inbox ? ` through ${word(facts.inbox)}` : "";
    return facts.allowed ? `allows messages${through} again` : `wants no more messages${through}`;
  },
  answered: (facts) => `answered: ${values(facts.values)}`,
  "customer added": (facts) => `added the customer ${word(facts.address)}`,
};

function tagged(facts: Facts): string {
  const added = list(facts.added);
  const removed = list(facts.removed);
  return [added && `added the tag ${added}`, removed && `removed the tag ${removed}`].filter(Boolean).join(" and ");
}

function values(given: unknown): string {
  return Object.entries((given ?? {}) as Facts)
    .map(([name, value]) => `${name}: ${word(value) || String(value)}`)
    .join(", ");
}

/** `whole`: the hub told it as a sentence of its own, with whoever did it in it. */
export function eventWords(entry: Entry): { words: string; whole: boolean } {
  const facts = entry.event ?? {};
  const type = word(facts.type);
  const known = events[type]?.(facts);
  if (known) return { words: known, whole: false };
  const told = word(facts.text) || entry.text;
  return told
    ? { words: told, whole: true }
    : { words: type.replaceAll("_", " ") || "changed something", whole: false };
}

/** How many lines somebody would have to read. */
export function lineCount(quoted: string): number {
  return quoted.split("\n").filter((line) => line.trim()).length;
}

/** A customer has one colour whatever address they write from. */
export function tintOf(entry: Entry): string {
  return entry.author.kind === "customer" ? entry.thread_id : (entry.author.id ?? entry.author.name);
}

export function snippet(entry: Entry): string {
  return entry.text.replace(/\s+/gu, " ").trim().slice(0, 200);
}
