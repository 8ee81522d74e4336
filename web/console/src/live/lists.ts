import type { Case, CaseStatus } from "../api/types";

export interface ListQuery {
  view: string;
  status: CaseStatus;
  sort: string;
}

const URGENCY = { urgent: 0, high: 1, normal: 2, low: 3 };

/** Whether a case is in a list. `undefined`: only the hub knows this view's filter, so the list must be fetched. */
export function belongs(row: Case, list: ListQuery, me: string): boolean | undefined {
  const { view } = list;
  if (view === "snoozed") return row.status === "snoozed";
  if (row.status !== list.status) return false;
  if (view === "all") return true;
  if (view === "mine") return row.assignee?.id === me;
  if (view === "unassigned") return row.assignee === null;
  if (view === "drafts") return row.has_draft;
  if (view.startsWith("channel:")) return row.channel === view.slice("channel:".length);
  return undefined;
}

/** The rows of a list after some cases changed. `more` says that the list goes on behind the last row. */
export function patchRows(
  rows: Case[],
  changed: Case[],
  asked: string[],
  list: ListQuery,
  me: string,
  more: boolean,
): Case[] {
  const touched = new Set(asked);
  const last = rows.at(-1);
  const order = comparing(list.sort);
  const coming = changed.filter((row) => belongs(row, list, me) && !(more && last && order(row, last) > 0));
  return [...rows.filter((row) => !touched.has(row.id)), ...coming].sort(order);
}

export function comparing(sort: string): (a: Case, b: Case) => number {
  const newest = (a: Case, b: Case) => b.last_at.localeCompare(a.last_at) || b.id.localeCompare(a.id);
  if (sort === "oldest_waiting") {
    return (a, b) => (a.waiting_since ?? "9").localeCompare(b.waiting_since ?? "9") || newest(a, b);
  }
  if (sort === "priority") return (a, b) => URGENCY[a.priority] - URGENCY[b.priority] || newest(a, b);
  return newest;
}
