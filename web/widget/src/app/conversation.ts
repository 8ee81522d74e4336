/**
 * The conversation as this device holds it. Pure functions: server data comes in, the next state comes out.
 * `rev` is the last change held without a gap; a larger step means that changes are missing and must be fetched.
 */
import type { PublicAttachment, PublicChanges, PublicEntry, Ready } from "./shapes";

export interface Outgoing {
  client_key: string;
  text: string;
  files: PublicAttachment[];
  at: string;
  state: "waiting" | "sending" | "failed";
  error?: string;
}

export interface Conversation {
  rev: number;
  /** In the order of the screen. */
  entries: PublicEntry[];
  /** Said here and not yet confirmed by the hub, oldest first. */
  outbox: Outgoing[];
  moreBefore: boolean;
  /** The highest `rev` heard of while changes before it are missing; 0 when there is no gap. */
  behind: number;
}

export const empty: Conversation = { rev: 0, entries: [], outbox: [], moreBefore: false, behind: 0 };

/** After a (re)connect: the newest entries as they are now. */
export function ready(held: Conversation, now: Pick<Ready, "rev" | "entries" | "more_before">): Conversation {
  const fresh = held.rev === 0 || now.rev < held.rev;
  if (fresh) {
    const entries = [...now.entries];
    return settle({ ...held, rev: now.rev, entries, moreBefore: now.more_before, behind: 0 });
  }
  const behind = now.rev > held.rev ? now.rev : 0;
  return settle({ ...held, entries: merge(held.entries, now.entries), behind });
}

/** A live batch, which follows on `since`: shown at once, and counted only if nothing before it is missing. */
export function arrived(held: Conversation, since: number, rev: number, entries: PublicEntry[]): Conversation {
  const merged = settle({ ...held, entries: merge(held.entries, entries) });
  if (since > held.rev) return { ...merged, behind: Math.max(held.behind, rev) };
  return { ...merged, rev: Math.max(held.rev, rev) };
}

/** The hub's periodic word of where it stands. */
export function told(held: Conversation, rev: number): Conversation {
  return rev > held.rev ? { ...held, behind: Math.max(held.behind, rev) } : held;
}

/** All that changed after our `rev`. Incomplete: too much to tell, so everything is loaded afresh. */
export function caughtUp(held: Conversation, changes: PublicChanges): Conversation {
  if (!changes.complete) return { ...held, rev: 0, entries: [], behind: 0 };
  const rev = Math.max(held.rev, changes.rev);
  return settle({ ...held, rev, behind: 0, entries: merge(held.entries, changes.entries) });
}

/** A page of older entries, which stand before all that is held. */
export function older(held: Conversation, page: PublicChanges): Conversation {
  const known = new Set(held.entries.map((entry) => entry.id));
  const unknown = page.entries.filter((entry) => !known.has(entry.id));
  return { ...held, entries: [...unknown, ...held.entries], moreBefore: page.more_before };
}

export function say(held: Conversation, message: Outgoing): Conversation {
  const known = held.outbox.some((other) => other.client_key === message.client_key);
  return known ? held : settle({ ...held, outbox: [...held.outbox, message] });
}

export function mark(held: Conversation, key: string, change: Partial<Outgoing>): Conversation {
  const outbox = held.outbox.map((one) => (one.client_key === key ? { ...one, ...change } : one));
  return { ...held, outbox };
}

export function drop(held: Conversation, key: string): Conversation {
  return { ...held, outbox: held.outbox.filter((one) => one.client_key !== key) };
}

/** What waits in the outbox and is now in the conversation has arrived, whoever told us. */
function settle(held: Conversation): Conversation {
  const arrivedKeys = new Set(held.entries.map((entry) => entry.client_key));
  const outbox = held.outbox.filter((one) => !arrivedKeys.has(one.client_key));
  return outbox.length === held.outbox.length ? held : { ...held, outbox };
}

/** A newer state of an entry replaces it where it stands; a new entry goes behind those of the same moment. */
function merge(held: PublicEntry[], incoming: PublicEntry[]): PublicEntry[] {
  const list = [...held];
  for (const entry of incoming) {
    const place = list.findIndex((other) => other.id === entry.id);
    const known = list[place];
    if (known) {
      if (entry.rev >= known.rev) list[place] = entry;
      continue;
    }
    const moment = Date.parse(entry.at);
    let end = list.length;
    while (end > 0 && Date.parse(list[end - 1]?.at ?? "") > moment) end--;
    list.splice(end, 0, entry);
  }
  return list;
}
