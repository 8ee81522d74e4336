import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CasePage, Me, Thread } from "../api/types";
import { belongs, type ListQuery, patchRows } from "./lists";
import { applyChanges, applyDelta, type Delta, withCase } from "./timeline";

const LISTS_EVERY_MS = 250;
const COUNTS_EVERY_MS = 1000;
const AT_ONCE = 100;

/** Brings what sockets say into the query cache; fetches where a message was missed. */
export class Healer {
  private readonly healing = new Map<string, Promise<void>>();
  private readonly asked = new Set<string>();
  private listTimer = 0;
  private countTimer = 0;

  constructor(
    private readonly client: QueryClient,
    private readonly isOpen: (thread: string) => boolean,
  ) {}

  delta(thread: string, delta: Delta): void {
    const held = this.thread(thread);
    if (!held) return;
    const result = applyDelta(held, delta);
    this.client.setQueryData<Thread>(keys.thread(thread), result.thread);
    if (result.behind) void this.upTo(thread, delta.rev);
  }

  /** The thread is at `rev` on the hub: fetch what is missing, or let it be fetched when it is opened next. */
  async upTo(thread: string, rev: number): Promise<void> {
    const held = this.thread(thread);
    if (!held || held.rev >= rev) return;
    // what can't be fetched now is fetched with the hub's next word, or when the line is back
    if (this.isOpen(thread)) await this.heal(thread).catch(() => undefined);
    else await this.client.invalidateQueries({ queryKey: keys.thread(thread), refetchType: "none" });
  }

  cases(ids: string[]): void {
    for (const id of ids) this.asked.add(id);
    this.listTimer ||= window.setTimeout(() => void this.patchLists(), LISTS_EVERY_MS);
    this.countTimer ||= window.setTimeout(() => this.recount(), COUNTS_EVERY_MS);
  }

  /** After a reconnect: open threads by their changes, visible lists afresh. */
  async everything(threads: string[]): Promise<void> {
    const lists = [keys.lists, keys.views, ["counts"]].map((queryKey) => this.client.invalidateQueries({ queryKey }));
    for (const query of this.client.getQueryCache().findAll({ queryKey: keys.threads })) {
      const id = String(query.queryKey[1]);
      if (!threads.includes(id)) void this.client.invalidateQueries({ queryKey: query.queryKey, refetchType: "none" });
    }
    await Promise.allSettled([...lists, ...threads.map((thread) => this.heal(thread))]);
  }

  stop(): void {
    clearTimeout(this.listTimer);
    clearTimeout(this.countTimer);
  }

  private thread(id: string): Thread | undefined {
    return this.client.getQueryData<Thread>(keys.thread(id));
  }

  private heal(thread: string): Promise<void> {
    const running = this.healing.get(thread) ?? this.fetchChanges(thread).finally(() => this.healing.delete(thread));
    this.healing.set(thread, running);
    return running;
  }

  private async fetchChanges(id: string): Promise<void> {
    const held = this.thread(id);
    if (!held) return;
    const changes = await api.changes(id, held.rev);
    const now = this.thread(id);
    // an old id answers for the thread it has become part of
    const elsewhere = changes.entries.some((entry) => entry.thread_id !== id);
    const healed = now && !elsewhere && applyChanges(now, changes);
    if (healed) this.client.setQueryData<Thread>(keys.thread(id), healed);
    else await this.client.invalidateQueries({ queryKey: keys.thread(id) });
  }

  private async patchLists(): Promise<void> {
    this.listTimer = 0;
    const ids = [...this.asked].slice(0, AT_ONCE);
    for (const id of ids) this.asked.delete(id);
    if (this.asked.size) this.listTimer = window.setTimeout(() => void this.patchLists(), LISTS_EVERY_MS);
    const me = this.client.getQueryData<Me>(keys.me)?.id;
    if (!me || !ids.length) return;
    const found = await api.casesById(ids).catch(() => undefined);
    if (!found) return; // the lists are fetched afresh when the line is back
    const { items } = found;
    for (const query of this.client.getQueryCache().findAll({ queryKey: keys.lists })) {
      const list = query.queryKey[1] as ListQuery;
      if (items.some((row) => belongs(row, list, me) === undefined)) {
        void this.client.invalidateQueries({ queryKey: query.queryKey });
        continue;
      }
      this.client.setQueryData<InfiniteData<CasePage>>(query.queryKey, (old) => old && patched(old, list));
    }
    for (const row of items) {
      this.client.setQueryData<Thread>(
        keys.thread(row.thread_id),
        (old) => old && { ...old, cases: withCase(old.cases, row) },
      );
    }

    function patched(old: InfiniteData<CasePage>, list: ListQuery): InfiniteData<CasePage> {
      const rows = old.pages.flatMap((page) => page.items);
      const last = old.pages.at(-1);
      const next = patchRows(rows, items, ids, list, me as string, Boolean(last?.next));
      const sizes = old.pages.map((page) => page.items.length);
      return { ...old, pages: old.pages.map((page, index) => ({ ...page, items: slice(next, sizes, index) })) };
    }
  }

  private recount(): void {
    this.countTimer = 0;
    void this.client.invalidateQueries({ queryKey: keys.views });
    void this.client.invalidateQueries({ queryKey: ["counts"] });
  }
}

/** Deals rows out over pages as they were; the last page takes the difference. */
function slice<T>(rows: T[], sizes: number[], page: number): T[] {
  const start = sizes.slice(0, page).reduce((sum, size) => sum + size, 0);
  return page === sizes.length - 1 ? rows.slice(start) : rows.slice(start, start + (sizes[page] ?? 0));
}
