import { ApiError, OfflineError } from "../api/client";
import { api } from "../api/endpoints";
import type { Attachment, Draft, Entry, NoteIn, ReplyIn, SendResult } from "../api/types";
import { createStore, useStore } from "../ui/store";
import { onLive } from "./socket";

/** Something the agent said that is not in the thread yet. */
export type Pending = {
  thread: string;
  key: string;
  text: string;
  channel: string;
  to: string;
  at: string;
  attachments: Attachment[];
  state: "sending" | "waiting" | "held" | "failed";
  reason: string;
  held: Draft | null;
} & ({ kind: "reply"; body: ReplyIn } | { kind: "note"; body: NoteIn });

export type Outcome =
  | { result: "sent"; entry: Entry }
  | { result: "held"; held: Draft }
  | { result: "waiting" }
  | { result: "stale"; newer: Entry[] }
  | { result: "refused"; error: Error };

const STORED = "onethread.outbox";
const NONE: Pending[] = [];

const outbox = createStore<Pending[]>(stored());
outbox.subscribe(store);
onLive(() => void flush());

export function usePending(thread: string): Pending[] {
  return useStore(outbox, (all) => byThread(all).get(thread) ?? NONE);
}

/** Show it at once, send it, and keep it for later when nobody answers; the key makes sending again harmless. */
export async function send(pending: Pending): Promise<Outcome> {
  put({ ...pending, state: "sending", reason: "" });
  try {
    const sent: SendResult =
      pending.kind === "note"
        ? { entry: await api.note(pending.thread, pending.body), held: null }
        : await api.reply(pending.thread, pending.body);
    if (sent.held) {
      put({ ...pending, state: "held", held: sent.held });
      return { result: "held", held: sent.held };
    }
    drop(pending.key);
    return { result: "sent", entry: sent.entry as Entry };
  } catch (error) {
    return failed(pending, error as Error);
  }
}

export function drop(key: string): void {
  outbox.set((all) => (all.some((one) => one.key === key) ? all.filter((one) => one.key !== key) : all));
}

export function again(pending: Pending): void {
  void send(pending);
}

function failed(pending: Pending, error: Error): Outcome {
  if (error instanceof OfflineError) {
    put({ ...pending, state: "waiting", reason: "" });
    return { result: "waiting" };
  }
  drop(pending.key);
  if (error instanceof ApiError && error.is("stale")) {
    return { result: "stale", newer: (error.body as { newer?: Entry[] }).newer ?? [] };
  }
  return { result: "refused", error };
}

/** What waited for the line goes out in its order. What is refused then stays visible with its reason. */
async function flush(): Promise<void> {
  for (const pending of outbox.get().filter((one) => one.state === "waiting")) {
    const outcome = await send(pending);
    if (outcome.result === "stale") put({ ...pending, state: "failed", reason: "Something newer came in meanwhile." });
    else if (outcome.result === "refused") put({ ...pending, state: "failed", reason: outcome.error.message });
    else if (outcome.result === "waiting") return;
  }
}

function put(pending: Pending): void {
  outbox.set((all) =>
    all.some((one) => one.key === pending.key)
      ? all.map((one) => (one.key === pending.key ? pending : one))
      : [...all, pending],
  );
}

/** Only what was not accepted survives a reload; a held send is the hub's and comes back with the thread's drafts. */
function store(): void {
  const kept = outbox.get().filter((one) => one.state !== "held");
  localStorage.setItem(STORED, JSON.stringify(kept.map((one) => ({ ...one, state: "waiting" }))));
}

function stored(): Pending[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "[]") as Pending[];
  } catch {
    return [];
  }
}

const memo = new WeakMap<Pending[], Map<string, Pending[]>>();

function byThread(all: Pending[]): Map<string, Pending[]> {
  const known = memo.get(all);
  if (known) return known;
  const made = Map.groupBy(all, (one) => one.thread) as Map<string, Pending[]>;
  memo.set(all, made);
  return made;
}
