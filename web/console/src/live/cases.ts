import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { AgentRef, Case, CaseChange, CasePage, Me, Tag, Thread } from "../api/types";
import { complain } from "../ui/toast";
import { type ListQuery, patchRows } from "./lists";
import { withCase } from "./timeline";

/** Change the screen first, ask the hub second, and put it back with a plain sentence if the hub refuses. */
export async function changeCase(client: QueryClient, row: Case, change: CaseChange, what: string): Promise<boolean> {
  show(client, foreseen(client, row, change));
  try {
    show(client, await api.changeCase(row.id, change));
    for (const queryKey of [keys.views, ["counts"], keys.tags]) void client.invalidateQueries({ queryKey });
    return true;
  } catch (error) {
    show(client, row);
    complain(`${what} did not work.`, error, () => void changeCase(client, row, change, what));
    return false;
  }
}

export function show(client: QueryClient, row: Case): void {
  const me = client.getQueryData<Me>(keys.me)?.id ?? "";
  for (const query of client.getQueryCache().findAll({ queryKey: keys.lists })) {
    client.setQueryData<InfiniteData<CasePage>>(query.queryKey, (old) => {
      if (!old) return old;
      const rows = old.pages.flatMap((page) => page.items);
      const list = query.queryKey[1] as ListQuery;
      const next = patchRows(rows, [row], [row.id], list, me, Boolean(old.pages.at(-1)?.next));
      return { ...old, pages: old.pages.map((page, at) => ({ ...page, items: at ? [] : next })) };
    });
  }
  client.setQueryData<Thread>(keys.thread(row.thread_id), (old) => old && { ...old, cases: withCase(old.cases, row) });
}

/** Reading is this agent's own affair: nobody tells the lists, so the screen that read does. */
export function showRead(client: QueryClient, thread: string, read: boolean): void {
  client.setQueriesData<InfiniteData<CasePage>>({ queryKey: keys.lists }, (old) => {
    const touched = old?.pages.some((page) =>
      page.items.some((row) => row.thread_id === thread && row.unread === read),
    );
    if (!old || !touched) return old;
    const mark = (row: Case) => (row.thread_id === thread ? { ...row, unread: !read } : row);
    return { ...old, pages: old.pages.map((page) => ({ ...page, items: page.items.map(mark) })) };
  });
}

function foreseen(client: QueryClient, row: Case, change: CaseChange): Case {
  const next = { ...row };
  if (change.status) next.status = change.status;
  if (change.snoozed_until || change.until_reply) next.status = "snoozed";
  if ("snoozed_until" in change) next.snoozed_until = change.snoozed_until ?? null;
  if (change.priority) next.priority = change.priority;
  if (change.subject) next.subject = change.subject;
  if ("assignee_id" in change) {
    const agents = client.getQueryData<AgentRef[]>(keys.agents) ?? [];
    const me = client.getQueryData<Me>(keys.me);
    next.assignee = [...agents, ...(me ? [me] : [])].find((one) => one.id === change.assignee_id) ?? null;
  }
  if (change.tags) {
    const known = client.getQueryData<Tag[]>(keys.tags) ?? [];
    next.tags = change.tags.map(
      (name) => known.find((tag) => tag.name === name) ?? { id: `new-${name}`, name, colour: "slate" },
    );
  }
  return next;
}
