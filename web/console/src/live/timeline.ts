import type { Case, Changes, Entry, EntryPage, Thread } from "../api/types";

/** What the socket says about a thread: rows that changed, and the thread's `rev` after them. */
export interface Delta {
  rev: number;
  entries: Entry[];
}

/** So many entries stay in memory; what falls off one end is fetched again when it is scrolled to. */
export const MOST = 400;

/** Rule 12: rows always win if they are newer; `rev` moves on only when no change in between is missing. */
export function applyDelta(thread: Thread, delta: Delta): { thread: Thread; behind: boolean } {
  if (delta.rev <= thread.rev) return { thread, behind: false };
  const told = new Set(delta.entries.map((entry) => entry.rev));
  let complete = true;
  for (let rev = thread.rev + 1; complete && rev <= delta.rev; rev++) complete = told.has(rev);
  const entries = upsert(thread, delta.entries);
  return { thread: withEntries(complete ? { ...thread, rev: delta.rev } : thread, entries), behind: !complete };
}

/** What `changes?after=` said; null when so much changed that the thread must be loaded afresh. */
export function applyChanges(thread: Thread, changes: Changes): Thread | null {
  if (!changes.complete) return null;
  const entries = upsert(thread, changes.entries);
  const cases = changes.cases.reduce(withCase, thread.cases);
  return withEntries({ ...thread, cases, rev: Math.max(thread.rev, changes.rev) }, entries);
}

export function withCase(cases: Case[], changed: Case): Case[] {
  const known = cases.some((one) => one.id === changed.id);
  return known ? cases.map((one) => (one.id === changed.id ? changed : one)) : [changed, ...cases];
}

export function addBefore(thread: Thread, page: EntryPage): Thread {
  const entries = sorted([...page.entries, ...thread.entries]);
  const kept = entries.slice(0, MOST);
  return {
    ...thread,
    entries: kept,
    more_before: page.more_before,
    more_after: thread.more_after || kept.length < entries.length,
  };
}

export function addAfter(thread: Thread, page: EntryPage): Thread {
  const entries = sorted([...thread.entries, ...page.entries]);
  const kept = entries.slice(-MOST);
  return {
    ...thread,
    entries: kept,
    more_after: page.more_after,
    more_before: thread.more_before || kept.length < entries.length,
  };
}

/** A row outside the loaded window is left out: it comes with its page when somebody scrolls there. */
function upsert(thread: Thread, changed: Entry[]): Entry[] {
  const rows = new Map(thread.entries.map((entry) => [entry.id, entry]));
  const first = thread.entries[0]?.seq ?? 0;
  const last = thread.entries.at(-1)?.seq ?? 0;
  for (const entry of changed) {
    const held = rows.get(entry.id);
    if (entry.thread_id !== thread.id) rows.delete(entry.id);
    else if (held ? held.rev < entry.rev : inWindow(entry.seq)) rows.set(entry.id, entry);
  }
  return sorted([...rows.values()]);

  function inWindow(seq: number): boolean {
    return (seq >= first || !thread.more_before) && (seq <= last || !thread.more_after);
  }
}

function withEntries(thread: Thread, entries: Entry[]): Thread {
  const last_seq = Math.max(thread.last_seq, entries.at(-1)?.seq ?? 0);
  const kept = entries.slice(-MOST);
  return { ...thread, entries: kept, last_seq, more_before: thread.more_before || kept.length < entries.length };
}

function sorted(entries: Entry[]): Entry[] {
  const one = new Map(entries.map((entry) => [entry.id, entry]));
  return [...one.values()].sort((a, b) => a.seq - b.seq);
}
