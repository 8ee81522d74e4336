import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Link } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Delivery, Entry, Inbox, Thread } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Icon } from "../ui/icon";
import { Failed, Skeleton } from "../ui/states";
import { complain } from "../ui/toast";
import { sentence } from "../ui/words";
import { Copyable } from "./card";
import { text } from "./messages";

const LOOK_MS = 1000;
const LATEST = { view: "all", sort: "newest", limit: 100 };
const arrived = new Set<Delivery["state"]>(["delivered", "read"]);
const left = new Set<Delivery["state"]>(["sent", ...arrived]);

/** How things stood before the test: what is newer than this is the test's. No clock is asked, they differ. */
interface Before {
  lastIn: string | null;
  seqs: ReadonlyMap<string, number>;
}

interface Found {
  thread: Thread;
  entry: Entry;
}

interface Seen {
  received: boolean;
  found: Found | undefined;
}

interface TryOutProps {
  inbox: Inbox;
  onDone: () => void;
}

/** A message of one's own through a channel, seen at every hop on its way in and back out. */
export function TryOut({ inbox, onDone }: TryOutProps) {
  if (!inbox.capabilities.messages) return <TryCalling inbox={inbox} onDone={onDone} />;
  return <TryWriting inbox={inbox} onDone={onDone} />;
}

function TryCalling({ inbox, onDone }: TryOutProps) {
  return (
    <div className="form">
      <p>{text.tryCall(inbox.address || inbox.name)}</p>
      <div className="form-end">
        <Button look="primary" onClick={onDone}>
          {text.done}
        </Button>
      </div>
    </div>
  );
}

function TryWriting({ inbox, onDone }: TryOutProps) {
  const before = useQuery({
    queryKey: [...keys.tryOut(inbox.id), "before"],
    queryFn: () => stands(inbox.id),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (before.isError) return <Failed what={text.failed} error={before.error} retry={() => void before.refetch()} />;
  if (!before.data) return <Skeleton rows={4} className="skeleton-row" />;
  return <Hops inbox={inbox} before={before.data} onDone={onDone} />;
}

async function stands(inbox: string): Promise<Before> {
  const [inboxes, cases] = await Promise.all([api.inboxes(), api.cases(LATEST)]);
  return {
    lastIn: inboxes.find((one) => one.id === inbox)?.last_in_at ?? null,
    seqs: new Map(cases.items.map((row) => [row.thread_id, row.last_seq])),
  };
}

function Hops({ inbox, before, onDone }: TryOutProps & { before: Before }) {
  const [answer, setAnswer] = useState("");
  const known = useRef<Found>(undefined);
  const seen = useQuery({
    queryKey: [...keys.tryOut(inbox.id), "now"],
    queryFn: async () => {
      const now = known.current ? await again(known.current) : await look(inbox, before);
      known.current = now.found;
      return now;
    },
    refetchInterval: LOOK_MS,
    gcTime: 0,
  });
  const found = seen.data?.found;
  const sent = found?.thread.entries.find((entry) => answer && entry.client_key === answer);
  const delivery = sent?.deliveries[0];
  const failed = delivery?.state === "failed" || delivery?.state === "uncertain";
  const receipts = (inbox.capabilities.receipts ?? []) as string[];
  return (
    <div className="form try-out">
      <p>{text.tryWrite[inbox.channel] ?? text.tryWriteAny}</p>
      {inbox.snippet ? (
        <Copyable label={text.snippet} value={inbox.snippet} />
      ) : (
        (inbox.address || inbox.hook_url) && (
          <Copyable label={inbox.address ? text.writeTo : text.hook} value={inbox.address || inbox.hook_url} />
        )
      )}
      <ol className="hops" aria-live="polite">
        <Hop done={seen.data?.received}>{seen.data?.received ? text.hopReceived : text.hopWaiting}</Hop>
        <Hop done={Boolean(found)}>
          {found ? (
            <>
              {text.hopThread(found.thread.customer.name)}{" "}
              <Link href={`/inbox/all/${found.thread.id}`} className="button button-link">
                {text.openIt}
              </Link>
              <q className="quiet ellipsis" dir="auto">
                {found.entry.text}
              </q>
            </>
          ) : (
            text.hopThreadWaiting
          )}
        </Hop>
        <Hop done={delivery && left.has(delivery.state)} failed={failed}>
          {failed
            ? text.hopNotSent(sentence(delivery.reason))
            : delivery && left.has(delivery.state)
              ? text.hopSent
              : sent
                ? text.hopSending
                : text.hopAnswer}
        </Hop>
        <Hop done={delivery && arrived.has(delivery.state)}>
          {delivery && arrived.has(delivery.state)
            ? text.hopDelivered
            : receipts.includes("delivered")
              ? text.hopDelivering
              : text.hopUntold}
        </Hop>
      </ol>
      {found && !answer && <Answer inbox={inbox} found={found} onSent={setAnswer} />}
      <div className="form-end">
        <Button look={sent ? "primary" : "outline"} onClick={onDone}>
          {sent ? text.done : text.later}
        </Button>
      </div>
    </div>
  );
}

function Hop({ done, failed, children }: { done: boolean | undefined; failed?: boolean; children: ReactNode }) {
  const look = failed ? "is-bad" : done ? "is-ok" : "";
  return (
    <li className={look}>
      <Icon name={failed ? "triangle-alert" : done ? "check" : "clock"} size="s" />
      <span className="hop-words">{children}</span>
    </li>
  );
}

function Answer({ inbox, found, onSent }: { inbox: Inbox; found: Found; onSent: (key: string) => void }) {
  const [busy, setBusy] = useState(false);
  const target = found.thread.targets.find((one) => one.inbox_id === inbox.id);
  if (!target?.usable) return <p className="quiet">{text.noAnswer(target?.reason ?? "")}</p>;
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = crypto.randomUUID();
    setBusy(true);
    api
      .reply(found.thread.id, {
        client_key: key,
        last_seen_seq: found.thread.last_seq,
        inbox_id: inbox.id,
        to: target.to,
        case_id: found.entry.case_id,
        text: String(new FormData(event.currentTarget).get("answer")),
        undo_s: 0,
      })
      .then(
        () => onSent(key),
        (error: unknown) => complain(text.answerFailed, error),
      )
      .finally(() => setBusy(false));
  };
  return (
    <form className="hop-answer" onSubmit={send}>
      <Field label={text.answer} name="answer" defaultValue={text.answerWords} required maxLength={500} />
      <Button type="submit" look="primary" icon="reply" busy={busy}>
        {text.sendAnswer}
      </Button>
    </form>
  );
}

/** An answered case leaves the list of open ones: the thread is asked itself. */
async function again({ thread, entry }: Found): Promise<Seen> {
  return { received: true, found: { thread: await api.thread(thread.id), entry } };
}

/** The newest thing that came through this channel since; the hub stored it before anything else happened to it. */
async function look(inbox: Inbox, before: Before): Promise<Seen> {
  const [inboxes, cases] = await Promise.all([api.inboxes(), api.cases(LATEST)]);
  const lastIn = inboxes.find((one) => one.id === inbox.id)?.last_in_at ?? null;
  const touched = cases.items.filter((row) => row.last_seq > (before.seqs.get(row.thread_id) ?? 0));
  for (const row of touched) {
    const thread = await api.thread(row.thread_id);
    const since = before.seqs.get(row.thread_id) ?? 0;
    const entry = thread.entries.findLast(
      (one) => one.inbox_id === inbox.id && one.direction === "in" && one.kind === "message" && one.seq > since,
    );
    if (entry) return { received: true, found: { thread, entry } };
  }
  return { received: lastIn !== null && lastIn !== before.lastIn, found: undefined };
}
