import type { Entry } from "../api/types";
import { whenDue } from "../ui/time";

type Facts = Record<string, unknown>;

const word = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** What happened, as a sentence without its subject; the hub's event types are the keys. */
const events: Record<string, (facts: Facts) => string> = {
  assigned: (facts) =>
    word(facts.to) || word(facts.name) ? `assigned ${word(facts.to) || word(facts.name)}` : "removed the assignee",
  unassigned: () => "removed the assignee",
  team: (facts) => `moved it to ${word(facts.name) || "no team"}`,
  status: (facts) => statusWords[word(facts.to)] ?? `set it to ${word(facts.to)}`,
  snoozed: (facts) =>
    facts.until ? `snoozed it until ${whenDue(word(facts.until))}` : "snoozed it until the customer replies",
  done: () => "marked it done",
  reopened: () => "reopened it",
  priority: (facts) => `set the priority to ${word(facts.to)}`,
  subject: (facts) => `named the case “${word(facts.to)}”`,
  tagged: (facts) => `added the tag ${word(facts.name) || word(facts.tag)}`,
  untagged: (facts) => `removed the tag ${word(facts.name) || word(facts.tag)}`,
  case_opened: (facts) => `opened the case ${facts.subject ? `“${word(facts.subject)}”` : ""}`.trim(),
  moved: () => "moved a message to another case",
  redacted: () => "removed a message",
};

const statusWords: Record<string, string> = {
  open: "reopened it",
  waiting: "is waiting for the customer",
  snoozed: "snoozed it",
  done: "marked it done",
  spam: "marked it as spam",
};

export function eventWords(entry: Entry): string {
  const facts = entry.event ?? {};
  const type = word(facts.type);
  return events[type]?.(facts) ?? (entry.text || type.replaceAll("_", " ") || "changed something");
}

/** How many lines somebody would have to read. */
export function lineCount(quoted: string): number {
  return quoted.split("\n").filter((line) => line.trim()).length;
}

export function snippet(entry: Entry): string {
  return entry.text.replace(/\s+/gu, " ").trim().slice(0, 200);
}
