import { describe, expect, it } from "vitest";
import type { Changes, Entry, Thread } from "../src/api/types";
import { addAfter, addBefore, applyChanges, applyDelta, type Delta, MOST } from "../src/live/timeline";
import { entry, thread } from "./entries";

/** The hub's side of a thread, as far as rule 12 goes: every change takes the next rev, the row keeps its last one. */
class Hub {
  rows = new Map<string, Entry>();
  rev = 0;
  seq = 0;

  change(random: () => number): Delta {
    const from = this.rev;
    const count = 1 + Math.floor(random() * 3);
    const touched = new Set<string>();
    for (let index = 0; index < count; index++) {
      this.rev += 1;
      const old = [...this.rows.values()][Math.floor(random() * this.rows.size)];
      const made =
        old && random() < 0.5
          ? { ...old, rev: this.rev, redacted: random() < 0.2, text: `changed at ${this.rev}` }
          : entry(++this.seq, { rev: this.rev });
      this.rows.set(made.id, made);
      touched.add(made.id);
    }
    return { rev: this.rev, entries: this.since(from) };
  }

  since(rev: number): Entry[] {
    return [...this.rows.values()].filter((row) => row.rev > rev).sort((a, b) => a.seq - b.seq);
  }

  changes(after: number): Changes {
    return { rev: this.rev, entries: this.since(after), cases: [], complete: true };
  }

  fresh(): Thread {
    return thread(this.since(0), { rev: this.rev, last_seq: this.seq });
  }
}

/** The same sequence for the same seed, so that a failure can be looked at again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

describe("a snapshot and the deltas after it", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))("equal a fresh snapshot, seed %i", (seed) => {
    const random = randomFrom(seed);
    const hub = new Hub();
    for (let index = 0; index < 5; index++) hub.change(random);
    let held = hub.fresh();
    const late: Delta[] = [];
    for (let index = 0; index < 60; index++) {
      const delta = hub.change(random);
      const fate = random();
      if (fate < 0.15) continue;
      if (fate < 0.3) {
        late.push(delta);
        continue;
      }
      const arriving = fate < 0.4 ? [delta, delta] : [delta, ...(random() < 0.3 ? late.splice(0) : [])];
      for (const one of arriving) {
        const result = applyDelta(held, one);
        held = result.thread;
        if (result.behind) held = applyChanges(held, hub.changes(held.rev)) as Thread;
      }
    }
    if (held.rev < hub.rev) held = applyChanges(held, hub.changes(held.rev)) as Thread;
    expect(held).toEqual(hub.fresh());
  });

  it("does not move on over a missing change", () => {
    const held = thread([entry(1)]);
    const result = applyDelta(held, { rev: 3, entries: [entry(3)] });
    expect(result.behind).toBe(true);
    expect(result.thread.rev).toBe(1);
    expect(result.thread.entries.map((one) => one.seq)).toEqual([1, 3]);
  });

  it("ignores what it already has", () => {
    const held = thread([entry(1), entry(2)]);
    expect(applyDelta(held, { rev: 2, entries: [entry(1, { text: "older" })] }).thread).toBe(held);
  });

  it("never lets an older row replace a newer one", () => {
    const held = thread([entry(1, { rev: 5, text: "new" })], { rev: 5 });
    const result = applyDelta(held, { rev: 7, entries: [entry(1, { rev: 3, text: "old" })] });
    expect(result.thread.entries[0]?.text).toBe("new");
  });

  it("asks for a fresh load when the hub says that too much changed", () => {
    expect(applyChanges(thread([entry(1)]), { rev: 900, entries: [], cases: [], complete: false })).toBeNull();
  });

  it("takes out what moved to another thread", () => {
    const held = thread([entry(1), entry(2)]);
    const moved = entry(2, { rev: 3, thread_id: "other" });
    expect(applyDelta(held, { rev: 3, entries: [moved] }).thread.entries.map((one) => one.seq)).toEqual([1]);
  });
});

describe("a window into a long thread", () => {
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

  it("stays bounded while it grows towards the beginning", () => {
    let held = thread(range(961, 1000), { more_before: true });
    for (let first = 961; first > 1; first -= 40) {
      held = addBefore(held, { entries: range(first - 40, first - 1), more_before: first > 41, more_after: true });
      expect(held.entries.length).toBeLessThanOrEqual(MOST);
    }
    expect(held.entries[0]?.seq).toBe(1);
    expect(held.more_before).toBe(false);
    expect(held.more_after).toBe(true);
  });

  it("stays bounded while it grows towards the end", () => {
    let held = thread(range(1, 40), { more_after: true, last_seq: 1000, rev: 1000 });
    for (let last = 40; last < 1000; last += 40) {
      held = addAfter(held, { entries: range(last + 1, last + 40), more_before: true, more_after: last + 40 < 1000 });
      expect(held.entries.length).toBeLessThanOrEqual(MOST);
    }
    expect(held.entries.at(-1)?.seq).toBe(1000);
    expect(held.more_before).toBe(true);
    expect(held.more_after).toBe(false);
  });

  it("leaves out what belongs to a part that isn't loaded, and still moves on", () => {
    const held = thread(range(100, 140), { more_before: true, more_after: true, rev: 500, last_seq: 500 });
    const result = applyDelta(held, { rev: 501, entries: [entry(501)] });
    expect(result.thread.entries).toHaveLength(41);
    expect(result.thread.rev).toBe(501);
  });
});
