import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, CaseStatus, Counts, View } from "../api/types";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { usePreferences } from "../ui/preferences";
import { Empty, Failed, Skeleton } from "../ui/states";
import { capped } from "../ui/words";
import { text } from "./messages";
import { CaseRow } from "./row";
import { useSteady } from "./steady";
import { useNearEnd, useRowWindow } from "./window";

export interface ListAddress {
  view: string;
  status: CaseStatus;
  sort: string;
}

interface ListProps extends ListAddress {
  me: string;
  active: string | undefined;
  /** Without a case in the address the first row of this thread is the active one. */
  thread: string | undefined;
  onOpen: (row: Case, how?: { focus?: boolean }) => void;
  onChange: (change: Partial<ListAddress>) => void;
  onRows: (rows: Case[]) => void;
  onNew: () => void;
  onMenu: () => void;
  /** Nothing stands beside it: it is the page's main part. */
  alone: boolean;
  /** Where its width is changed. */
  edge: ReactNode;
}

const HEIGHTS = { comfortable: 78, compact: 56 };
const HOVER_MS = 80;
const tabs: CaseStatus[] = ["open", "waiting", "snoozed", "done"];

export function CaseList(props: ListProps) {
  const { view, status, sort, me, active, thread, alone, edge, onOpen, onChange, onRows, onNew, onMenu } = props;
  const client = useQueryClient();
  const query = useMemo(() => ({ view, status, sort }), [view, status, sort]);
  const cases = useInfiniteQuery({
    queryKey: keys.list(query),
    queryFn: async ({ pageParam, signal }) => {
      const page = await api.cases({ ...query, limit: 50, cursor: pageParam }, signal);
      client.setQueryData(keys.counts(view), page.counts);
      return page;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next || undefined,
  });
  const all = useMemo(() => cases.data?.pages.flatMap((page) => page.items) ?? [], [cases.data]);
  const list = useSteady(all, `${view}/${status}/${sort}`);
  const counts = useCounts(view, cases.data !== undefined);
  const views = useQuery({ queryKey: keys.views, queryFn: api.views });
  const name = title(views.data, view);
  const { density } = usePreferences();
  const Column = alone ? "main" : "section";

  useEffect(() => onRows(list.rows), [onRows, list.rows]);
  useEffect(() => {
    document.title = counts?.open ? `(${capped(counts.open)}) ${name}` : name;
  }, [name, counts?.open]);

  return (
    <Column
      className={`list density-${density}`}
      aria-label={text.conversations}
      onPointerEnter={(event) => list.hold(event.pointerType === "mouse")}
      onPointerLeave={() => list.hold(false)}
    >
      {edge}
      <header className="list-head">
        <IconButton icon="menu" label={text.openViews} className="only-phone" onClick={onMenu} />
        <h1>{name}</h1>
        <span className="list-count">{counts ? capped(counts[status === "spam" ? "open" : status]) : ""}</span>
        <span className="grow" />
        <MenuButton
          label={`${text.sort}: ${text.sorts[sort]}`}
          title={text.sort}
          align="end"
          className="icon-button"
          items={Object.entries(text.sorts).map(([key, label]) => ({
            key,
            label,
            checked: key === sort,
            run: () => onChange({ sort: key }),
          }))}
        >
          <Icon name="arrow-up-down" />
        </MenuButton>
        <IconButton icon="plus" label={text.newConversation} hint="C" onClick={onNew} />
      </header>
      {view !== "snoozed" && <Tabs status={status} counts={counts} onChange={onChange} />}
      {list.waiting > 0 && (
        <button type="button" className="list-updated" onClick={list.release}>
          {text.updated(list.waiting)}
        </button>
      )}
      {cases.isPending && <Skeleton rows={8} className="skeleton-row" />}
      {cases.isError && !cases.data && (
        <Failed what={text.loadFailed} error={cases.error} retry={() => void cases.refetch()} />
      )}
      {cases.data && !list.rows.length && <NothingHere view={view} name={name} status={status} onChange={onChange} />}
      <Rows
        key={`${view}/${status}/${sort}`}
        position={`${view}/${status}/${sort}`}
        rows={list.rows}
        total={list.rows.length + (cases.hasNextPage ? 1 : 0)}
        height={HEIGHTS[density]}
        me={me}
        active={active ?? list.rows.find((row) => row.thread_id === thread)?.id}
        more={cases.hasNextPage && !cases.isFetchingNextPage}
        onMore={() => void cases.fetchNextPage()}
        onOpen={onOpen}
      />
    </Column>
  );
}

/** The tabs' counts live apart from the pages, so that they can be refreshed without the rows. */
function useCounts(view: string, loaded: boolean): Counts | undefined {
  return useQuery({
    queryKey: keys.counts(view),
    queryFn: async ({ signal }) => (await api.cases({ view, limit: 1 }, signal)).counts,
    enabled: loaded,
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
}

function Tabs({ status, counts, onChange }: { status: CaseStatus; counts?: Counts; onChange: ListProps["onChange"] }) {
  return (
    <div className="list-tabs" role="group" aria-label={text.conversations}>
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          aria-pressed={tab === status}
          className={`tab ${tab === status ? "is-active" : ""}`}
          onClick={() => onChange({ status: tab })}
        >
          {text.tabs[tab]} {tab !== "done" && counts?.[tab as keyof Counts] ? capped(counts[tab as keyof Counts]) : ""}
        </button>
      ))}
    </div>
  );
}

function NothingHere({
  view,
  name,
  status,
  onChange,
}: {
  view: string;
  name: string;
  status: CaseStatus;
  onChange: ListProps["onChange"];
}) {
  if (status !== "open" && view !== "snoozed") {
    return (
      <Empty icon="inbox" title={text.nothingWith(text.tabs[status] ?? status, name)}>
        <Button onClick={() => onChange({ status: "open" })}>{text.showOpen}</Button>
      </Empty>
    );
  }
  return (
    <Empty icon="check-check" title={text.allClear}>
      <p>{text.nothingIn(name)}</p>
      {view !== "unassigned" && (
        <Button look="link" onClick={() => onChange({ view: "unassigned" })}>
          {text.goUnassigned}
        </Button>
      )}
      {view !== "snoozed" && (
        <Button look="link" onClick={() => onChange({ view: "snoozed" })}>
          {text.goSnoozed}
        </Button>
      )}
    </Empty>
  );
}

interface RowsProps {
  position: string;
  rows: Case[];
  total: number;
  height: number;
  me: string;
  active: string | undefined;
  more: boolean;
  onMore: () => void;
  onOpen: ListProps["onOpen"];
}

function Rows({ position, rows, total, height, me, active, more, onMore, onOpen }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const { start, end } = useRowWindow(box, rows.length, height, position);
  const client = useQueryClient();
  const near = useRef(0);
  useNearEnd(end, rows.length, more, onMore);
  useRevealed(box, rows, active, height);

  const prefetch = useCallback(
    (row: Case) => {
      clearTimeout(near.current);
      near.current = window.setTimeout(() => {
        void client.prefetchQuery({
          queryKey: keys.thread(row.thread_id),
          queryFn: ({ signal }) => api.thread(row.thread_id, undefined, signal),
        });
      }, HOVER_MS);
    },
    [client],
  );
  const keyed = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = rows.findIndex((row) => row.id === active);
    if (event.key === "Enter" && rows[at]) onOpen(rows[at], { focus: true });
    const next = step === undefined ? undefined : rows[Math.max(0, at + step)];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    onOpen(next);
  };
  return (
    <div
      ref={box}
      className="rows"
      role="listbox"
      tabIndex={rows.length ? -1 : undefined}
      aria-label={text.conversations}
      hidden={!rows.length}
      onKeyDown={keyed}
      onPointerLeave={() => clearTimeout(near.current)}
    >
      <div
        className="rows-all"
        style={{ height: rows.length * height, paddingTop: start * height }}
        role="presentation"
      >
        {rows.slice(start, end).map((row, index) => (
          <CaseRow
            key={row.id}
            row={row}
            me={me}
            active={row.id === active}
            place={start + index}
            size={total}
            onOpen={onOpen}
            onNear={prefetch}
          />
        ))}
      </div>
    </div>
  );
}

/** The active row is never left behind by the keys; the focus goes along if it was in the list. */
function useRevealed(
  box: React.RefObject<HTMLDivElement | null>,
  rows: Case[],
  active: string | undefined,
  height: number,
) {
  const last = useRef(active);
  useEffect(() => {
    const element = box.current;
    const at = rows.findIndex((row) => row.id === active);
    if (!element || at < 0 || last.current === active) return;
    last.current = active;
    const top = at * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + element.clientHeight)
      element.scrollTop = top + height - element.clientHeight;
    if (element.contains(document.activeElement)) {
      requestAnimationFrame(() => document.getElementById(`case-${active}`)?.focus({ preventScroll: true }));
    }
  }, [box, rows, active, height]);
}

function title(views: View[] | undefined, key: string): string {
  return views?.find((view) => view.key === key)?.name ?? "";
}
