/**
 * What this device keeps: one record per inbox, written only after the visitor wrote something.
 * It belongs to one person (`sub` of the host's signed token, empty for an anonymous visitor): nobody else gets to see it.
 */
import type { Outgoing } from "./conversation";

export interface Kept {
  sub: string;
  visitor?: string;
  draft?: string;
  draftAt?: number;
  outbox?: Outgoing[];
}

const DRAFT_LIVES = 30 * 24 * 3600 * 1000;

const memory = new Map<string, string>();

/** Private browsing may forbid storage; then the tab's memory must do. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return memory.get(key) ?? null;
  }
}

function write(key: string, value: string | null): void {
  try {
    value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value);
  } catch {
    value === null ? memory.delete(key) : memory.set(key, value);
  }
}

export const recordKey = (inbox: string) => `onethread:${inbox}`;

/** An anonymous record may become this person's; another person's record is as good as absent. */
export function recall(inbox: string, sub: string): Kept {
  try {
    const kept = JSON.parse(read(recordKey(inbox)) ?? "null") as Kept | null;
    if (!kept || (kept.sub && kept.sub !== sub)) return { sub };
    if ((kept.draftAt ?? 0) < Date.now() - DRAFT_LIVES) delete kept.draft;
    return { ...kept, sub };
  } catch {
    return { sub };
  }
}

export function keep(inbox: string, sub: string, change: Partial<Kept>): void {
  write(recordKey(inbox), JSON.stringify({ ...recall(inbox, sub), ...change, sub }));
}

export function forget(inbox: string): void {
  write(recordKey(inbox), null);
}

/** A visitor that this device is already, so that the hub knows it again when the answer to a chat link got lost. */
export function heldVisitor(): string {
  try {
    for (const key of Object.keys(localStorage)) {
      const inbox = /^onethread:([^:]+)$/.exec(key)?.[1];
      const { visitor } = inbox ? recall(inbox, "") : {};
      if (visitor) return visitor;
    }
  } catch {
    // No storage, no visitor.
  }
  return "";
}

const linkKey = (token: string) => `onethread:link:${token.slice(-16)}`;

/** A chat link works once; on the device that used it, it leads back to the conversation. */
export const linkUsedHere = (token: string) => read(linkKey(token));
export const rememberLink = (token: string, inbox: string) => write(linkKey(token), inbox);
