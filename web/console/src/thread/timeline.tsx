import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Capabilities, Entry, Thread } from "../api/types";
import { showRead } from "../live/cases";
import { undo } from "../live/held";
import { heldSends, type Pending, usePending } from "../live/outbox";
import { addAfter, addBefore } from "../live/timeline";
import { Button, IconButton } from "../ui/button";
import { Late } from "../ui/states";
import { complain } from "../ui/toast";
import { arrange, type Item } from "./arrange";
import { Bubbles, Note, PendingItem } from "./bubbles";
import { FoldedLetter, Letter } from "./letter";
import { Day, Events, NewLine, Switch } from "./lines";
import { text } from "./messages";
import { useScroll } from "./scroll";

interface TimelineProps {
  thread: Thread;
  me: { id: string; name: string };
  /** Show this entry first, marked: a search hit. */
  at: number | undefined;
  /** How a call is drawn. */
  call: (entry: Entry) => ReactNode;
}

export function Timeline({ thread, me, at, call }: TimelineProps) {
  const [seen] = useState(thread.seen_seq);
  const pending = usePending(thread.id);
  const waiting = useMemo(() => notYetSaid(thread, pending), [thread, pending]);
  const letters = useMemo(() => letterChannels(thread), [thread]);
  const named = useMemo(() => byName(thread), [thread]);
  const items = useMemo(() => arrange(named, { letters, seen }), [named, letters, seen]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const more = useMore(thread);
  const target = at === undefined ? undefined : thread.entries.find((entry) => entry.seq === at)?.id;
  const scroll = useScroll({
    content: thread.entries,
    tail: waiting.length,
    target: target ?? (items.some((item) => item.type === "new") ? "new-line" : undefined),
    marked: target !== undefined,
    moreBefore: thread.more_before,
    moreAfter: thread.more_after,
    before: more.before,
    after: more.after,
  });
  useSeen(thread, scroll.atEnd);

  const expand = (keys: string[]) => setOpen((old) => new Set([...old, ...keys]));
  const fold = (key: string) => setOpen((old) => new Set([...old].filter((one) => one !== key)));
  return (
    <div className="timeline-wrap">
      <div
        ref={scroll.box}
        className="timeline"
        role="log"
        aria-label={text.timeline}
        aria-live="polite"
        tabIndex={0}
        id="timeline"
      >
        <div ref={scroll.column} className="column">
          {thread.more_before && (
            <Late>
              <p className="loading-more">{text.earlier}</p>
            </Late>
          )}
          {items.map((item) => (
            <div key={item.key} className="item" data-anchor={item.key}>
              {drawn(item)}
            </div>
          ))}
          {!thread.more_after &&
            waiting.map((one) => (
              <PendingItem
                key={one.key}
                pending={one}
                author={me.name}
                authorId={me.id}
                onUndo={() => void undo(one)}
              />
            ))}
          {!items.length && !waiting.length && (
            <div className="empty">
              <p className="empty-title">{text.emptyThread}</p>
              <p>{text.emptyThreadWhy}</p>
            </div>
          )}
        </div>
      </div>
      {(!scroll.atEnd || thread.more_after) && (
        <IconButton
          icon="chevron-down"
          label={text.latest}
          className="to-latest"
          onClick={() => void more.latest().then(scroll.toEnd)}
        />
      )}
    </div>
  );

  function drawn(item: Item) {
    switch (item.type) {
      case "day":
        return <Day at={item.at} />;
      case "new":
        return <NewLine />;
      case "switch":
        return <Switch entry={item.entry} from={item.from} me={me.id} />;
      case "bubbles":
        return <Bubbles entries={item.entries} cases={thread.cases} glyph />;
      case "note":
        return <Note entry={item.entry} cases={thread.cases} />;
      case "call":
        return call(item.entry);
      case "events":
        return <Events entries={item.entries} />;
      case "letter":
        return letter(item);
    }
  }

  function letter(item: Extract<Item, { type: "letter" }>) {
    const folded = item.collapsible && !open.has(item.key) && item.entry.id !== target;
    const run = items.filter((one) => one.type === "letter" && one.run === item.run && one.collapsible);
    const anyFolded = run.some((one) => !open.has(one.key));
    return (
      <>
        {item.first && item.collapsible && anyFolded && (
          <Button look="link" className="expand-all" onClick={() => expand(run.map((one) => one.key))}>
            {text.expandAll(run.length)}
          </Button>
        )}
        {folded ? (
          <FoldedLetter entry={item.entry} onOpen={() => expand([item.key])} />
        ) : (
          <Letter
            entry={item.entry}
            cases={thread.cases}
            onCollapse={item.collapsible ? () => fold(item.key) : undefined}
          />
        )}
      </>
    );
  }
}

/** Where a provider told no name, the customer's own goes before an id. */
function byName({ entries, customer }: Thread): Entry[] {
  const ids = new Set(customer.identities.map((one) => one.address));
  return entries.map((entry) =>
    entry.author.kind === "customer" && ids.has(entry.author.name)
      ? { ...entry, author: { ...entry.author, name: customer.name } }
      : entry,
  );
}

/** What was said here and is not in the thread yet. */
function notYetSaid(thread: Thread, pending: Pending[]): Pending[] {
  const known = new Set(pending.map((one) => one.key));
  const said = new Set(thread.entries.map((entry) => entry.client_key));
  const held = heldSends(thread).filter((one) => !known.has(one.key));
  return [...held, ...pending].filter((one) => !said.has(one.key));
}

function letterChannels(thread: Thread): ReadonlySet<string> {
  const written = thread.targets.filter((target) => (target.capabilities as unknown as Capabilities).subject);
  return new Set(written.map((target) => target.channel));
}

/** Pages at both ends, one request at a time. */
function useMore(thread: Thread) {
  const client = useQueryClient();
  const running = useRef(false);
  const { id } = thread;
  const load = useCallback(
    async (edge: { before?: number; after?: number }) => {
      if (running.current) return;
      running.current = true;
      try {
        const page = await api.entries(id, edge);
        const add = edge.before === undefined ? addAfter : addBefore;
        client.setQueryData<Thread>(keys.thread(id), (old) => old && add(old, page));
      } catch (error) {
        complain(text.olderFailed, error, () => void load(edge));
      } finally {
        running.current = false;
      }
    },
    [client, id],
  );
  const first = thread.entries[0]?.seq;
  const last = thread.entries.at(-1)?.seq;
  return {
    before: () => first !== undefined && void load({ before: first }),
    after: () => last !== undefined && void load({ after: last }),
    latest: async () => {
      if (thread.more_after) client.setQueryData(keys.thread(id), await api.thread(id));
    },
  };
}

/** Read is what was on the screen of somebody who looks. */
function useSeen(thread: Thread, atEnd: boolean): void {
  const client = useQueryClient();
  const said = useRef(thread.seen_seq);
  const { id, last_seq, seen_seq } = thread;
  useEffect(() => {
    const tell = () => {
      if (!atEnd || document.visibilityState !== "visible" || last_seq <= said.current) return;
      said.current = last_seq;
      void api.seen(id, last_seq).then(
        () => {
          client.setQueryData<Thread>(keys.thread(id), (old) => old && { ...old, seen_seq: last_seq });
          showRead(client, id, true);
        },
        () => {
          said.current = seen_seq;
        },
      );
    };
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [client, id, last_seq, seen_seq, atEnd]);
}
