import type { AgentRef } from "../api/types";
import { createStore, useStore } from "../ui/store";

export interface Typing {
  thread: string;
  who: { kind: "customer" | "agent"; id: string; name: string };
  on: boolean;
  channel: string;
}

interface Presence {
  visitor_online: boolean;
  agents: AgentRef[];
}

/** Longer than the pause in which a typing person sends the next sign of life. */
const FORGET_MS = 6000;

const typing = createStore<ReadonlyMap<string, Typing>>(new Map());
const presence = createStore<ReadonlyMap<string, Presence>>(new Map());
const timers = new Map<string, number>();

export function heardTyping(sign: Typing): void {
  const key = `${sign.thread}/${sign.who.id}`;
  clearTimeout(timers.get(key));
  typing.set((old) => changed(old, key, sign.on ? sign : undefined));
  if (sign.on)
    timers.set(
      key,
      window.setTimeout(() => heardTyping({ ...sign, on: false }), FORGET_MS),
    );
}

export function heardPresence(thread: string, now: Presence): void {
  presence.set((old) => changed(old, thread, now));
}

const NOBODY: Typing[] = [];
const memo = new WeakMap<ReadonlyMap<string, Typing>, Map<string, Typing[]>>();

/** Who types in a thread; the same array as long as nothing changed. */
export function useTyping(thread: string): Typing[] {
  return useStore(typing, (all) => {
    if (!all.size) return NOBODY;
    const byThread = memo.get(all) ?? new Map<string, Typing[]>();
    memo.set(all, byThread);
    const found = byThread.get(thread) ?? [...all.values()].filter((sign) => sign.thread === thread);
    byThread.set(thread, found);
    return found;
  });
}

export function usePresence(thread: string): Presence | undefined {
  return useStore(presence, (all) => all.get(thread));
}

function changed<T>(map: ReadonlyMap<string, T>, key: string, value: T | undefined): ReadonlyMap<string, T> {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}
