import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useParams, useSearchParams } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, CaseStatus, Me, Thread } from "../api/types";
import { CallCard } from "../calls/card";
import { PlaceCall } from "../calls/place";
import { Composer } from "../composer/composer";
import { CustomerDeeds } from "../customer/deeds";
import { CustomerPanel } from "../customer/panel";
import { CaseList, type ListAddress } from "../inbox/list";
import { Views } from "../inbox/views";
import { follow } from "../live/socket";
import { ThreadHeader } from "../thread/header";
import { Timeline } from "../thread/timeline";
import { TypingLine } from "../thread/typing";
import { useCommands } from "../ui/commands";
import { prefer, usePreferences } from "../ui/preferences";
import { Empty, Failed, Skeleton } from "../ui/states";
import { Boundary } from "./boundary";
import { useLayout } from "./layout";
import { text } from "./messages";
import { Resizer } from "./resizer";

interface InboxPageProps {
  me: Me;
  onPalette: () => void;
  onShortcuts: () => void;
  onSignOut: () => void;
  onNew: () => void;
  onRows: (rows: Case[]) => void;
}

const STATUSES: CaseStatus[] = ["open", "waiting", "snoozed", "done", "spam"];

export function InboxPage({ me, onPalette, onShortcuts, onSignOut, onNew, onRows }: InboxPageProps) {
  const { view = "mine", thread } = useParams<{ view: string; thread?: string }>();
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const layout = useLayout(thread !== undefined);
  const likes = usePreferences();
  const caseId = params.get("case") ?? undefined;
  const at = params.get("at") ? Number(params.get("at")) : undefined;
  const status = STATUSES.find((one) => one === params.get("tab")) ?? (view === "snoozed" ? "snoozed" : "open");
  const sort = params.get("sort") ?? "newest";
  const rows = useRef<Case[]>([]);
  const [panelOpen, setPanelOpen] = useState(false);
  const [viewsOpen, setViewsOpen] = useState(false);

  const address = useCallback(
    (to: { view?: string; thread?: string; case?: string; status?: CaseStatus; sort?: string; at?: number }) => {
      const next = { view, status, sort, ...to };
      const query = new URLSearchParams();
      if (next.case) query.set("case", next.case);
      if (next.status !== "open" && next.view !== "snoozed") query.set("tab", next.status);
      if (next.sort !== "newest") query.set("sort", next.sort);
      if (next.at) query.set("at", String(next.at));
      const tail = query.size ? `?${query}` : "";
      return `/inbox/${next.view}${next.thread ? `/${next.thread}` : ""}${tail}`;
    },
    [view, status, sort],
  );
  const open = useCallback(
    (row: Case, how: { focus?: boolean } = {}) => {
      navigate(address({ thread: row.thread_id, case: row.id }), {
        replace: thread !== undefined && layout.columns > 1,
      });
      if (how.focus) requestAnimationFrame(() => document.getElementById("timeline")?.focus());
    },
    [navigate, address, thread, layout.columns],
  );
  const merged = useCallback(
    (into: string) => navigate(address({ thread: into }), { replace: true }),
    [navigate, address],
  );
  const change = useCallback(
    (to: Partial<ListAddress>) => navigate(address({ ...to, status: to.view ? "open" : (to.status ?? status) })),
    [navigate, address, status],
  );
  const took = useCallback(
    (now: Case[]) => {
      rows.current = now;
      onRows(now);
    },
    [onRows],
  );
  const step = (by: 1 | -1) => {
    const here = rows.current.findIndex((row) => row.id === caseId || (!caseId && row.thread_id === thread));
    const next = here < 0 ? rows.current[0] : rows.current[here + by];
    if (next) open(next);
  };
  const backToList = () => {
    const row = document.getElementById(`case-${caseId}`);
    if (layout.columns === 1) navigate(address({}));
    else row?.focus();
  };
  const leave = () => {
    if (panelOpen || viewsOpen) {
      setPanelOpen(false);
      setViewsOpen(false);
    } else backToList();
  };
  const togglePanel = () => {
    if (layout.panelDocked) prefer({ panelHidden: !likes.panelHidden });
    else setPanelOpen(!panelOpen);
  };
  const toggleViews = () =>
    layout.viewsDocked ? prefer({ viewsCollapsed: !likes.viewsCollapsed }) : setViewsOpen(!viewsOpen);

  useCommands([
    {
      id: "next",
      label: "Next conversation",
      keys: ["j", "ArrowDown"],
      group: "List",
      hidden: true,
      run: () => step(1),
    },
    {
      id: "previous",
      label: "Previous conversation",
      keys: ["k", "ArrowUp"],
      group: "List",
      hidden: true,
      run: () => step(-1),
    },
    {
      id: "open",
      label: "Open and read",
      keys: ["Enter", "o"],
      group: "List",
      hidden: true,
      run: () => document.getElementById("timeline")?.focus(),
    },
    { id: "back", label: "Back to the list", keys: ["u"], group: "List", hidden: true, run: backToList },
    {
      id: "escape",
      label: "Text field, then thread, then list",
      keys: ["Escape"],
      group: "List",
      hidden: true,
      run: leave,
    },
    { id: "views", label: "Show or hide the views", keys: ["["], group: "Screen", run: toggleViews },
    { id: "panel", label: "Show or hide the customer panel", keys: ["]"], group: "Screen", run: togglePanel },
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another thread closes what lies over it
  useEffect(() => {
    setViewsOpen(false);
    if (!layout.panelDocked) setPanelOpen(false);
  }, [thread, view]);

  const showPanel = layout.panelDocked ? !likes.panelHidden : panelOpen;
  const views = (
    <Views
      me={me}
      active={view}
      onPalette={onPalette}
      onShortcuts={onShortcuts}
      onSignOut={onSignOut}
      edge={
        layout.viewsDocked &&
        !layout.rail &&
        !likes.viewsCollapsed && (
          <Resizer
            label={text.resizeViews}
            value={likes.viewsWidth}
            least={180}
            most={280}
            direction={1}
            onChange={(viewsWidth) => prefer({ viewsWidth })}
          />
        )
      }
    />
  );
  return (
    <div
      className="shell"
      data-columns={layout.columns}
      data-views={
        layout.viewsDocked ? (layout.rail || likes.viewsCollapsed ? "rail" : "full") : viewsOpen ? "drawer" : "none"
      }
      data-panel={showPanel && thread ? (layout.panelDocked ? "docked" : "drawer") : "none"}
      style={layout.style}
    >
      {thread && (
        <a href="#timeline" className="skip-link">
          {text.skip}
        </a>
      )}
      {(layout.viewsDocked || viewsOpen) && views}
      {layout.list && (
        <Boundary>
          <CaseList
            view={view}
            status={status}
            sort={sort}
            me={me.id}
            active={caseId}
            thread={thread}
            onOpen={open}
            onChange={change}
            onRows={took}
            onNew={onNew}
            onMenu={() => setViewsOpen(!viewsOpen)}
            alone={layout.columns === 1}
            edge={
              layout.columns > 1 && (
                <Resizer
                  label={text.resizeList}
                  value={likes.listWidth}
                  least={280}
                  most={480}
                  direction={1}
                  onChange={(listWidth) => prefer({ listWidth })}
                />
              )
            }
          />
        </Boundary>
      )}
      {layout.thread && (
        <Boundary key={thread}>
          {thread ? (
            <ThreadColumn
              key={`${thread}/${at ?? ""}`}
              id={thread}
              caseId={caseId}
              at={at}
              me={me}
              alone={layout.columns === 1}
              panel={showPanel}
              edge={
                layout.panelDocked && (
                  <Resizer
                    label={text.resizePanel}
                    value={likes.panelWidth}
                    least={260}
                    most={420}
                    direction={-1}
                    onChange={(panelWidth) => prefer({ panelWidth })}
                  />
                )
              }
              onBack={backToList}
              onNext={() => step(1)}
              onCase={(id) => navigate(address({ thread, case: id }))}
              onJump={(seq) => navigate(address({ thread, case: caseId, at: seq }))}
              onPanel={togglePanel}
              onMerged={merged}
            />
          ) : (
            <main className="thread" aria-label={text.chooseOne}>
              <Empty icon="message-square" title={text.chooseOne}>
                <p>{text.chooseWhy}</p>
              </Empty>
            </main>
          )}
        </Boundary>
      )}
      {(viewsOpen || (panelOpen && !layout.panelDocked)) && !(layout.viewsDocked && !panelOpen) && (
        <button type="button" className="scrim" aria-label="Close" onClick={leave} />
      )}
    </div>
  );
}

interface ThreadColumnProps {
  id: string;
  caseId: string | undefined;
  at: number | undefined;
  me: Me;
  /** Nothing stands beside it: its title is the page's. */
  alone: boolean;
  panel: boolean;
  edge: ReactNode;
  onBack: () => void;
  onNext: () => void;
  onCase: (id: string) => void;
  onJump: (seq: number) => void;
  onPanel: () => void;
  /** The thread has become part of another one, which is shown instead. */
  onMerged: (into: string) => void;
}

function ThreadColumn({
  id,
  caseId,
  at,
  me,
  alone,
  panel,
  edge,
  onBack,
  onNext,
  onCase,
  onJump,
  onPanel,
  onMerged,
}: ThreadColumnProps) {
  const client = useQueryClient();
  const held = client.getQueryData<Thread>(keys.thread(id));
  const inWindow = at === undefined || held?.entries.some((entry) => entry.seq === at);
  const around = useRef(inWindow ? undefined : at);
  const thread = useQuery({
    queryKey: keys.thread(id),
    queryFn: ({ signal }) => api.thread(id, around.current, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [placed, setPlaced] = useState(inWindow);
  const loaded = thread.data !== undefined;
  useEffect(() => (loaded ? follow(id) : undefined), [id, loaded]);
  useEffect(() => {
    if (placed) return;
    void client.refetchQueries({ queryKey: keys.thread(id) }).then(() => {
      around.current = undefined;
      setPlaced(true);
    });
  }, [client, id, placed]);

  useFreshCustomer(thread.data);
  const merged = thread.data && thread.data.id !== id ? thread.data.id : undefined;
  useEffect(() => {
    if (merged) onMerged(merged);
  }, [merged, onMerged]);
  const row = useMemo(() => choose(thread.data?.cases ?? [], caseId), [thread.data?.cases, caseId]);
  if (!thread.data || !placed) {
    return (
      <main className="thread" aria-label={text.loading}>
        {thread.isError ? (
          <Failed what={text.threadFailed} error={thread.error} retry={() => void thread.refetch()} />
        ) : (
          <Skeleton rows={4} className="skeleton-item" />
        )}
      </main>
    );
  }
  return (
    <>
      <main className="thread" aria-labelledby="thread-title">
        <ThreadHeader
          thread={thread.data}
          alone={alone}
          row={row}
          me={me}
          deeds={
            <>
              <PlaceCall thread={thread.data} row={row} me={me} />
              <CustomerDeeds thread={thread.data} row={row} />
            </>
          }
          onBack={onBack}
          onNext={onNext}
          onCase={onCase}
          onPanel={onPanel}
        />
        <Timeline
          thread={thread.data}
          me={me}
          at={at}
          call={(entry) => entry.call && <CallCard entry={entry} call={entry.call} />}
        />
        <div className="thread-foot">
          <TypingLine thread={id} me={me.id} />
          <Composer
            thread={thread.data}
            row={row}
            me={me}
            onReview={() => document.getElementById("timeline")?.focus()}
            onDone={onNext}
          />
        </div>
      </main>
      {panel && (
        <CustomerPanel
          thread={thread.data}
          edge={edge}
          active={row?.id}
          onCase={onCase}
          onJump={onJump}
          onHide={onPanel}
        />
      )}
    </>
  );
}

/** Who somebody is changes with what they write and with what is proven: their details are fetched again then. */
function useFreshCustomer(thread: Thread | undefined): void {
  const client = useQueryClient();
  const id = thread?.id;
  const customer = thread?.customer.id;
  const told = thread?.entries.filter((entry) => entry.kind === "event" || entry.direction === "in").at(-1)?.id;
  const known = useRef(told);
  useEffect(() => {
    if (!id || !customer || known.current === told) return;
    const first = known.current === undefined;
    known.current = told;
    if (first) return;
    void api.customer(customer).then(
      (now) => client.setQueryData<Thread>(keys.thread(id), (old) => old && { ...old, customer: now }),
      () => undefined,
    );
  }, [client, id, customer, told]);
}

/** The case of the address, else the one that needs somebody most. */
function choose(cases: Case[], id: string | undefined): Case | undefined {
  const urgency = ["open", "waiting", "snoozed", "done", "spam"];
  return (
    cases.find((one) => one.id === id) ??
    [...cases].sort(
      (a, b) => urgency.indexOf(a.status) - urgency.indexOf(b.status) || b.last_at.localeCompare(a.last_at),
    )[0]
  );
}
