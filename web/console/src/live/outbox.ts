import { ApiError, OfflineError } from "../api/client";
import { api } from "../api/endpoints";
import type { Attachment, Draft, Entry, NoteIn, ReplyIn, SendResult, Thread } from "../api/types";
import { createStore, useStore } from "../ui/store";
import { onLive } from "./socket";

/** Something the agent said that is not in the thread yet. */
interface Shown {
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
}
export type Sendable = Shown & ({ kind: "reply"; body: ReplyIn } | { kind: "note"; body: NoteIn });
export type Pending = Sendable | (Shown & { kind: "held" });

export type Outcome =
  | { result: "sent"; entry: Entry }
  | { result: "held"; held: Draft }
  | { result: "waiting" }
  | { result: "stale"; newer: Entry[] }
  | { result: "refused"; error: Error };

const STORED = "onethread.outbox";
const OWNER = "onethread.outbox.agent";
const NONE: Pending[] = [];
/** Long enough for a held send to be in the thread, where it is shown from then on. */
const GRACE_MS = 60_000;

const outbox = createStore<Sendable[]>(stored());
outbox.subscribe(store);
onLive(() => void flush());

export function usePending(thread: string): Pending[] {
  return useStore(outbox, (all) => byThread(all).get(thread) ?? NONE);
}

/** What one agent left here unsent is never said by another. */
export function outboxOf(agent: string): void {
  if (localStorage.getItem(OWNER) !== agent) outbox.set(() => []);
  localStorage.setItem(OWNER, agent);
}

/** Show it at once, send it, and keep it for later when nobody answers; the key makes sending again harmless. */
export async function send(pending: Sendable): Promise<Outcome> {
  put({ ...pending, state: "sending", reason: "" });
  try {
    const sent: SendResult =
      pending.kind === "note"
        ? { entry: await api.note(pending.thread, pending.body), held: null }
        : await api.reply(pending.thread, pending.body);
    if (sent.held) {
      put({ ...pending, state: "held", held: sent.held });
      setTimeout(() => drop(pending.key), remaining(sent.held) + GRACE_MS);
      return { result: "held", held: sent.held };
    }
    drop(pending.key);
    return { result: "sent", entry: sent.entry as Entry };
  } catch (error) {
    return failed(pending, error as Error);
  }
}

/** How long a held send can still be taken back. */
export function remaining(held: Draft): number {
  return held.send_at ? Math.max(0, Date.parse(held.send_at) - Date.now()) : 0;
}

/** What the hub holds of earlier sends of this agent: after a reload they are still to be seen, and to be undone. */
export function heldSends(thread: Thread): Pending[] {
  return thread.drafts
    .filter((draft) => draft.slot.startsWith("held:") && draft.client_key)
    .map((draft) => ({
      kind: "held",
      thread: thread.id,
      key: draft.client_key as string,
      text: draft.text,
      channel: thread.targets.find((target) => target.inbox_id === draft.inbox_id)?.channel ?? "",
      to: draft.to?.name || (draft.to?.address ?? ""),
      at: draft.updated_at,
      attachments: draft.attachments,
      state: "held",
      reason: draft.held_reason,
      held: draft,
    }));
}

export function drop(key: string): void {
  outbox.set((all) => (all.some((one) => one.key === key) ? all.filter((one) => one.key !== key) : all));
}

export function again(pending: Sendable): void {
  void send(pending);
}

function failed(pending: Sendable, error: Error): Outcome {
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

function put(pending: Sendable): void {
  outbox.set((all) =>
    all.some((one) => one.key === pending.key)
      ? all.map((one) => (one.key === pending.key ? pending : one))
      : [...all, pending],
  );
}

/** Only what was not accepted survives a reload; a held send is the hub's and comes back with the thread's drafts. */
function store(): void {
  const kept = outbox.get().filter((one) => one.state !== "held");
  localStorage.setItem(
    STORED,
    JSON.stringify(kept.map((one) => ({ ...one, state: one.state === "failed" ? "failed" : "waiting" }))),
  );
}

function stored(): Sendable[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "[]") as Sendable[];
  } catch {
    return [];
  }
}

const memo = new WeakMap<Sendable[], Map<string, Sendable[]>>();

function byThread(all: Sendable[]): Map<string, Sendable[]> {
  const known = memo.get(all);
  if (known) return known;
  const made = Map.groupBy(all, (one) => one.thread) as Map<string, Sendable[]>;
  memo.set(all, made);
  return made;
}
