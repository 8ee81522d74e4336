import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import type { Draft } from "../api/types";
import { createStore } from "../ui/store";
import { complain, say, unsay } from "../ui/toast";
import { drop, type Pending, remaining } from "./outbox";

/** A taken-back send, for the composer of its thread. */
export const takenBack = createStore<{ draft: Draft; held: string } | null>(null);

/** What is being written and the hub doesn't hold yet: saved first, so that what comes back is joined to all of it. */
export const unsaved = new Set<() => Promise<void>>();

const toasts = new Map<string, number>();

/** Says that it goes, and offers to take it back as long as that is possible. */
export function offerUndo(pending: Pending, held: Draft, words: string): void {
  const left = Math.max(1000, remaining(held));
  toasts.set(pending.key, say(words, { label: "Undo", run: () => void undo({ ...pending, held }) }, left));
}

export async function undo(pending: Pending): Promise<void> {
  if (!pending.held) return;
  const toast = toasts.get(pending.key);
  if (toast !== undefined) unsay(toast);
  try {
    await Promise.all([...unsaved].map((save) => save()));
    const draft = await api.undoSend(pending.held.id);
    drop(pending.key);
    const held = pending.held.id;
    takenBack.set(() => ({ draft, held }));
  } catch (error) {
    if (error instanceof ApiError && error.is("too-late")) drop(pending.key);
    complain("It could not be taken back.", error);
  }
}
