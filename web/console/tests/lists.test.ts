import { describe, expect, it } from "vitest";
import type { Case } from "../src/api/types";
import { steady } from "../src/inbox/steady";
import { visibleRows } from "../src/inbox/window";
import { belongs, patchRows } from "../src/live/lists";

const row = (id: string, given: Partial<Case> = {}): Case => ({
  id,
  thread_id: `thread-${id}`,
  customer_id: `customer-${id}`,
  customer_name: id,
  subject: "Boots",
  status: "open",
  assignee: null,
  team_id: null,
  priority: "normal",
  tags: [],
  channel: "email",
  preview: "",
  preview_by: "customer",
  preview_agent_id: null,
  last_at: "2026-03-16T12:00:00Z",
  last_seq: 1,
  opened_at: "2026-03-16T12:00:00Z",
  waiting_since: null,
  snoozed_until: null,
  until_reply: false,
  unread: false,
  failed: false,
  values: {},
  has_draft: false,
  ...given,
});
const daniel = { id: "daniel", name: "Daniel Reyes", initials: "DR" };
const open = { view: "all", status: "open" as const, sort: "newest" };

describe("which list a case is in", () => {
  it.each([
    ["mine", row("a", { assignee: daniel }), true],
    ["mine", row("a"), false],
    ["unassigned", row("a"), true],
    ["unassigned", row("a", { assignee: daniel }), false],
    ["channel:email", row("a"), true],
    ["channel:chat", row("a"), false],
    ["drafts", row("a", { has_draft: true }), true],
    ["all", row("a", { status: "done" }), false],
    ["snoozed", row("a", { status: "snoozed" }), true],
    ["saved-view", row("a"), undefined],
  ])("%s", (view, one, expected) => {
    expect(belongs(one, { ...open, view }, "daniel")).toBe(expected);
  });
});

describe("patching a list", () => {
  const rows = [row("a", { last_at: "2026-03-16T12:03:00Z" }), row("b", { last_at: "2026-03-16T12:02:00Z" })];
  const ids = (all: Case[]) => all.map((one) => one.id);

  it("moves what was touched to its place", () => {
    const touched = row("b", { last_at: "2026-03-16T12:09:00Z" });
    expect(ids(patchRows(rows, [touched], ["b"], open, "daniel", false))).toEqual(["b", "a"]);
  });

  it("takes out what left, and what the hub no longer shows", () => {
    expect(ids(patchRows(rows, [row("a", { status: "done" })], ["a"], open, "daniel", false))).toEqual(["b"]);
    expect(ids(patchRows(rows, [], ["b"], open, "daniel", false))).toEqual(["a"]);
  });

  it("leaves what comes behind the last loaded row to its page", () => {
    const old = row("c", { last_at: "2026-03-01T12:00:00Z" });
    expect(ids(patchRows(rows, [old], ["c"], open, "daniel", true))).toEqual(["a", "b"]);
    expect(ids(patchRows(rows, [old], ["c"], open, "daniel", false))).toEqual(["a", "b", "c"]);
  });

  it("orders by who waits longest", () => {
    const waiting = [row("a", { waiting_since: "2026-03-16T12:05:00Z" }), row("b")];
    const longer = row("c", { waiting_since: "2026-03-16T11:00:00Z" });
    const sorted = patchRows(waiting, [longer], ["c"], { ...open, sort: "oldest_waiting" }, "daniel", false);
    expect(ids(sorted)).toEqual(["c", "a", "b"]);
  });
});

describe("a list under the pointer", () => {
  it("keeps its rows in their places, with fresh contents, and counts what waits", () => {
    const fresh = [row("new"), row("b", { preview: "fresh" }), row("a")];
    const now = steady(["a", "b"], fresh);
    expect(now.rows.map((one) => one.id)).toEqual(["a", "b"]);
    expect(now.rows[1]?.preview).toBe("fresh");
    expect(now.waiting).toBe(2);
  });

  it("has nothing waiting when nothing moved", () => {
    expect(steady(["a", "b"], [row("a"), row("b")]).waiting).toBe(0);
  });
});

describe("the window of drawn rows", () => {
  it("is as small in a list of ten thousand", () => {
    const { start, end } = visibleRows(78 * 5000, 780, 10_000, 78, 8);
    expect(end - start).toBeLessThanOrEqual(40);
    expect(start).toBe(4992);
  });

  it("does not go over the ends", () => {
    expect(visibleRows(0, 780, 3, 78, 8)).toEqual({ start: 0, end: 3 });
  });
});
