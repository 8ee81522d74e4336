import { describe, expect, it } from "vitest";
import type { Entry } from "../src/api/types";
import { arrange, type Item } from "../src/thread/arrange";
import { entry } from "./entries";

const looks = { letters: new Set(["email"]), seen: 0 };
const types = (entries: Entry[], seen = 0) => arrange(entries, { ...looks, seen }).map((item) => item.type);
const mail = (seq: number, given: Partial<Entry> = {}) => entry(seq, { channel: "email", subject: "Boots", ...given });
const agent = { kind: "agent" as const, id: "daniel", name: "Daniel Reyes" };

describe("arranging a timeline", () => {
  it("groups what one author says within three minutes", () => {
    const later = new Date(Date.UTC(2026, 2, 16, 12, 10)).toISOString();
    const items = arrange([entry(1), entry(2), entry(3, { at: later })], looks);
    const groups = items.filter((item): item is Extract<Item, { type: "bubbles" }> => item.type === "bubbles");
    expect(groups.map((group) => group.entries.length)).toEqual([2, 1]);
  });

  it("draws a rule when a direction changes its channel, and only then", () => {
    const entries = [mail(1), entry(2, { direction: "out", author: agent, channel: "email", subject: "x" }), entry(3)];
    expect(types(entries)).toEqual(["day", "letter", "letter", "switch", "bubbles"]);
  });

  it("does not see a switch where a note stands between", () => {
    expect(types([entry(1), entry(2, { kind: "note", channel: "", direction: "none" }), entry(3)])).toEqual([
      "day",
      "bubbles",
      "note",
      "bubbles",
    ]);
  });

  it("gathers events of a row", () => {
    const happened = { kind: "event" as const, channel: "", direction: "none" as const };
    expect(types([entry(1, happened), entry(2, happened), entry(3)])).toEqual(["day", "events", "bubbles"]);
  });

  it("marks what is new once, before the customer's first unread words", () => {
    expect(types([mail(1), mail(2), mail(3)], 1)).toEqual(["day", "letter", "new", "letter", "letter"]);
  });

  it("separates days", () => {
    expect(types([mail(1), mail(2, { at: "2026-03-18T09:00:00Z" })])).toEqual(["day", "letter", "day", "letter"]);
  });

  it("folds all mails of a run but the last", () => {
    const letters = arrange([mail(1), mail(2), mail(3), mail(4)], looks).filter((item) => item.type === "letter");
    expect(letters.map((item) => item.collapsible)).toEqual([true, true, true, false]);
    expect(letters.map((item) => item.first)).toEqual([true, false, false, false]);
  });

  it("does not fold two mails", () => {
    const letters = arrange([mail(1), mail(2)], looks).filter((item) => item.type === "letter");
    expect(letters.some((item) => item.collapsible)).toBe(false);
  });
});
