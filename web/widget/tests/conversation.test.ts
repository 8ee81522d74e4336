import { describe, expect, it } from "vitest";
import { arrived, caughtUp, empty, mark, older, ready, say, told } from "../src/app/conversation";
import type { PublicEntry } from "../src/app/shapes";

const START = Date.UTC(2026, 10, 22, 8);

const entry = (rev: number, more: Partial<PublicEntry> = {}): PublicEntry => ({
  id: `entry-${rev}`,
  rev,
  kind: "message",
  mine: false,
  author: "Daniel",
  channel: "chat",
  at: new Date(START + rev * 1000).toISOString(),
  text: `text ${rev}`,
  attachments: [],
  state: "sent",
  client_key: null,
  ...more,
});

const outgoing = (client_key: string) => ({
  client_key,
  text: "hello",
  files: [],
  at: new Date(START).toISOString(),
  state: "waiting" as const,
});

const page = (rev: number, entries: PublicEntry[], complete = true) => ({ rev, entries, more_before: false, complete });
const loaded = (...revs: number[]) =>
  ready(empty, { rev: Math.max(0, ...revs), entries: revs.map((rev) => entry(rev)), more_before: false });
const ids = (entries: PublicEntry[]) => entries.map(({ id }) => id);

describe("live changes", () => {
  it("counts what follows on what it holds", () => {
    const held = arrived(loaded(1, 2), 2, 3, [entry(3)]);
    expect([held.rev, held.behind, ids(held.entries)]).toEqual([3, 0, ["entry-1", "entry-2", "entry-3"]]);
  });

  it("shows a message after a gap, but doesn't count it", () => {
    const held = arrived(loaded(1), 3, 4, [entry(4)]);
    expect([held.rev, held.behind, ids(held.entries)]).toEqual([1, 4, ["entry-1", "entry-4"]]);
  });

  it("fills the gap in the right order", () => {
    const gap = arrived(loaded(1), 3, 4, [entry(4)]);
    const held = caughtUp(gap, page(4, [entry(2), entry(3), entry(4)]));
    expect([held.rev, held.behind, ids(held.entries)]).toEqual([4, 0, ["entry-1", "entry-2", "entry-3", "entry-4"]]);
  });

  it("takes the same batch twice as once", () => {
    const once = arrived(loaded(1), 1, 2, [entry(2)]);
    expect(arrived(once, 1, 2, [entry(2)])).toEqual(once);
  });

  it("replaces an entry by its newer state, never by an older one", () => {
    const read = arrived(loaded(1, 2), 2, 3, [entry(1, { rev: 3, state: "read" })]);
    const late = arrived(read, 0, 1, [entry(1)]);
    expect(late.entries.map(({ state }) => state)).toEqual(["read", "sent"]);
    expect(late.rev).toBe(3);
  });

  it("keeps the order of arrival within one moment", () => {
    const at = new Date(START).toISOString();
    const held = arrived(loaded(), 0, 3, [entry(1, { at }), entry(2, { at }), entry(3, { at })]);
    expect(ids(held.entries)).toEqual(["entry-1", "entry-2", "entry-3"]);
  });

  it("knows from the hub's periodic word that something is missing", () => {
    expect(told(loaded(1), 1).behind).toBe(0);
    expect(told(loaded(1), 5).behind).toBe(5);
  });
});

describe("resuming", () => {
  it("asks for what it missed, though the newest entries come along", () => {
    const held = ready(loaded(1, 2), { rev: 90, entries: [entry(89), entry(90)], more_before: true });
    expect([held.rev, held.behind]).toEqual([2, 90]);
  });

  it("asks for nothing when nothing changed", () => {
    const held = loaded(1, 2);
    const again = ready(held, { rev: 2, entries: [entry(1), entry(2)], more_before: false });
    expect([again.behind, ids(again.entries)]).toEqual([0, ids(held.entries)]);
  });

  it("loads afresh when there is too much to tell", () => {
    const reset = caughtUp(told(loaded(1), 5000), page(5000, [], false));
    expect([reset.rev, reset.entries]).toEqual([0, []]);
    const held = ready(reset, { rev: 5000, entries: [entry(5000)], more_before: true });
    expect([held.rev, held.behind, held.moreBefore]).toEqual([5000, 0, true]);
  });

  it("takes another conversation as it is", () => {
    const held = ready(loaded(7, 8, 9), { rev: 1, entries: [entry(1)], more_before: false });
    expect([held.rev, ids(held.entries)]).toEqual([1, ["entry-1"]]);
  });

  it("puts older pages before everything, each entry once", () => {
    const held = older(loaded(3, 4), { ...page(4, [entry(1), entry(2), entry(3)]), more_before: true });
    expect([ids(held.entries), held.moreBefore]).toEqual([["entry-1", "entry-2", "entry-3", "entry-4"], true]);
  });
});

describe("the outbox", () => {
  it("keeps a message until the hub has it, whoever says so first", () => {
    const waiting = say(say(loaded(1), outgoing("a")), outgoing("b"));
    const byBatch = arrived(waiting, 1, 2, [entry(2, { mine: true, client_key: "a" })]);
    expect(byBatch.outbox.map((one) => one.client_key)).toEqual(["b"]);
    const byAnswer = arrived(byBatch, 1, 2, [entry(2, { mine: true, client_key: "a" })]);
    expect(byAnswer.entries).toHaveLength(2);
    const byResume = caughtUp(byAnswer, page(3, [entry(3, { mine: true, client_key: "b" })]));
    expect(byResume.outbox).toEqual([]);
  });

  it("takes the same message once", () => {
    const held = say(loaded(1), outgoing("a"));
    expect(say(held, outgoing("a"))).toBe(held);
  });

  it("says nothing that is in the conversation already", () => {
    const held = arrived(loaded(), 0, 1, [entry(1, { mine: true, client_key: "a" })]);
    expect(say(held, outgoing("a")).outbox).toEqual([]);
  });

  it("keeps the words of a refused message", () => {
    const held = mark(say(loaded(), outgoing("a")), "a", { state: "failed", error: "Too long." });
    expect(held.outbox[0]).toMatchObject({ text: "hello", state: "failed", error: "Too long." });
  });
});

describe("any order of delivery", () => {
  it("ends equal to a fresh load", () => {
    const all = Array.from({ length: 30 }, (_, i) => entry(i + 1));
    for (let seed = 1; seed <= 200; seed++) {
      let random = seed;
      const next = (below: number) => {
        random = (random * 48271) % 2147483647;
        return random % below;
      };
      let held = empty;
      for (let step = 0; step < 25; step++) {
        const upTo = 1 + next(30);
        const since = Math.max(0, upTo - 1 - next(4));
        const batch = all.slice(since, upTo);
        const kind = next(3);
        if (kind === 0) held = arrived(held, since, upTo, batch);
        else if (kind === 1)
          held = ready(held, { rev: Math.max(held.rev, upTo), entries: all.slice(0, upTo), more_before: false });
        else held = told(held, upTo);
        if (held.behind) held = caughtUp(held, page(held.behind, all.slice(held.rev, held.behind)));
      }
      held = caughtUp(told(held, 30), page(30, all.slice(held.rev)));
      expect(ids(held.entries), `seed ${seed}`).toEqual(ids(all));
      expect(held.rev).toBe(30);
    }
  });
});
