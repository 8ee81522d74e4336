import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import type { Draft, DraftIn } from "../api/types";
import { type Content, EMPTY, fromDraft, isEmpty } from "./content";

/** A draft as this device holds it: `version` is the hub's that it was written over. */
export interface Held {
  content: Content;
  version: number;
  /** Typed here and not yet accepted by the hub. */
  dirty: boolean;
}

export type Saved = "" | "saving" | "saved" | "local";

/** Typed text always beats a stored draft; otherwise the higher version wins. `newer` is offered, never forced. */
export function choose(local: Held | null, server: Draft | undefined): { held: Held; newer: Draft | null } {
  const theirs: Held = { content: server ? fromDraft(server) : EMPTY, version: server?.version ?? 0, dirty: false };
  if (!local?.dirty || isEmpty(local.content)) return { held: theirs, newer: null };
  const differs = server !== undefined && server.version > local.version && server.text !== local.content.text;
  return { held: local, newer: differs ? server : null };
}

export function key(agent: string, thread: string, slot: string): string {
  return `onethread.draft/${agent}/${thread}/${slot}`;
}

export function read(name: string): Held | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") as Held | null;
  } catch {
    return null;
  }
}

export function keep(name: string, held: Held | null): void {
  if (held) localStorage.setItem(name, JSON.stringify(held));
  else localStorage.removeItem(name);
}

const lines = new Map<string, DraftLine>();

type Answer = { draft: Draft } | { newer: Draft } | { failed: true };

/** Writes of one draft go out one after the other, so that a delete after a send can't be overtaken by an earlier save. */
export class DraftLine {
  /** The hub's version that this device wrote last, whichever surface did. */
  version = 0;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly thread: string,
    private readonly slot: string,
  ) {}

  /** One line per draft, however often its surface is opened and closed. */
  static of(thread: string, slot: string): DraftLine {
    const name = `${thread}/${slot}`;
    const line = lines.get(name) ?? new DraftLine(thread, slot);
    lines.set(name, line);
    return line;
  }

  save(make: () => DraftIn | null): Promise<Answer> {
    return this.next(async () => {
      const body = make();
      if (!body) return { failed: true };
      try {
        const draft = await api.saveDraft(this.thread, this.slot, body);
        this.version = draft.version;
        return { draft };
      } catch (error) {
        if (error instanceof ApiError && error.is("newer-draft")) return { newer: found(error.body) };
        return { failed: true };
      }
    });
  }

  drop(): Promise<void> {
    return this.next(async () => {
      await api.dropDraft(this.thread, this.slot).catch(() => undefined);
      this.version = 0;
    });
  }

  private next<T>(run: () => Promise<T>): Promise<T> {
    const result = this.last.then(run, run);
    this.last = result;
    return result;
  }
}

function found(body: unknown): Draft {
  return (body as { newer: Draft }).newer;
}
