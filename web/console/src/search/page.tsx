import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CustomerHit, Hit } from "../api/types";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { ChannelGlyph, channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { Marked } from "../ui/rich";
import { Empty, Failed, Skeleton } from "../ui/states";
import { exactTime, shortTime } from "../ui/time";
import { text } from "./messages";

const PAUSE_MS = 200;
const filters = ["channel", "kind", "after", "before"] as const;

/** The address holds all of the search, so that back, reload and a pasted link work. */
export function SearchPage({ channels }: { channels: string[] }) {
  const [params, setParams] = useSearchParams();
  const q = params.get("q") ?? "";
  const [typed, setTyped] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  const query = Object.fromEntries(["q", ...filters].map((name) => [name, params.get(name) ?? ""]));
  const found = useInfiniteQuery({
    queryKey: keys.search(query),
    queryFn: ({ pageParam, signal }) => api.search({ ...query, cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.entries.next || undefined,
    enabled: q.trim() !== "",
    placeholderData: (old) => old,
    staleTime: 0,
  });

  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    document.title = text.search;
    const timer = setTimeout(() => {
      setParams(
        (old) => {
          old.set("q", typed);
          return old;
        },
        { replace: true },
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, setParams]);

  const set = (name: string, value: string) =>
    setParams(
      (old) => {
        if (value) old.set(name, value);
        else old.delete(name);
        return old;
      },
      { replace: true },
    );
  const hits = found.data?.pages.flatMap((page) => page.entries.items) ?? [];
  const people = found.data?.pages[0]?.customers ?? [];
  return (
    <main className="page search-page" aria-label={text.search}>
      <h1 className="hidden-words">{text.search}</h1>
      <header className="search-head">
        <Link href="/inbox/mine" className="icon-button" aria-label={text.back} title={text.back}>
          <Icon name="arrow-left" />
        </Link>
        <label className="search-box">
          <Icon name="search" />
          <input
            ref={input}
            type="search"
            aria-label={text.search}
            placeholder={text.placeholder}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <div className="search-filters" role="group" aria-label={text.clear}>
          <select
            className="input"
            aria-label={text.channel}
            value={query.channel}
            onChange={(event) => set("channel", event.target.value)}
          >
            <option value="">{text.anyChannel}</option>
            {channels.map((channel) => (
              <option key={channel} value={channel}>
                {channelLook(channel).label}
              </option>
            ))}
          </select>
          <select
            className="input"
            aria-label={text.kind}
            value={query.kind}
            onChange={(event) => set("kind", event.target.value)}
          >
            {Object.entries(text.kinds).map(([kind, words]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
          <DateField label={text.after} value={query.after ?? ""} onChange={(value) => set("after", value)} />
          <DateField label={text.before} value={query.before ?? ""} onChange={(value) => set("before", value)} />
        </div>
      </header>
      <div className="search-results">
        {found.isLoading && <Skeleton rows={6} className="skeleton-row" />}
        {found.isError && <Failed what={text.failed} error={found.error} retry={() => void found.refetch()} />}
        {!q.trim() && <Empty icon="search" title={text.begin} />}
        {found.data && q.trim() && !hits.length && !people.length && (
          <Empty icon="search" title={text.nothing(q)}>
            <p>{text.nothingWhy}</p>
          </Empty>
        )}
        {q.trim() && people.length > 0 && (
          <section aria-label={text.people}>
            <h2 className="results-title">{text.people}</h2>
            {people.map((person) => (
              <PersonRow key={person.customer_id} person={person} />
            ))}
          </section>
        )}
        {q.trim() && hits.length > 0 && (
          <section aria-label={text.messages}>
            <h2 className="results-title">{text.messages}</h2>
            {hits.map((hit) => (
              <HitRow key={hit.entry_id} hit={hit} />
            ))}
          </section>
        )}
        {found.hasNextPage && (
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {text.more}
          </Button>
        )}
      </div>
    </main>
  );
}

function DateField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="date-field">
      {label}
      <input
        className="input"
        type="date"
        value={value.slice(0, 10)}
        onChange={(event) => onChange(event.target.value && `${event.target.value}T00:00:00Z`)}
      />
    </label>
  );
}

function PersonRow({ person }: { person: CustomerHit }) {
  return (
    <Link href={`/inbox/all/${person.thread_id}`} className="result">
      <Avatar id={person.thread_id} name={person.name} size="m" />
      <span className="grow result-words">
        <span className="result-name" dir="auto">
          {person.name}
        </span>
        <span className="result-text ellipsis">{person.addresses.join(", ")}</span>
      </span>
    </Link>
  );
}

function HitRow({ hit }: { hit: Hit }) {
  const [, go] = useLocation();
  const address = `/inbox/all/${hit.thread_id}?${new URLSearchParams({ ...(hit.case_id ? { case: hit.case_id } : {}), at: String(hit.seq) })}`;
  return (
    <a
      href={address}
      className="result"
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.button) return;
        event.preventDefault();
        go(address);
      }}
    >
      {hit.kind === "note" ? (
        <span className="glyph glyph-l note-glyph">
          <Icon name="lock" size="xs" />
        </span>
      ) : (
        <ChannelGlyph channel={hit.channel} size="l" />
      )}
      <span className="grow result-words">
        <span className="result-line">
          <span className="result-name ellipsis" dir="auto">
            {hit.customer_name}
          </span>
          <span className="result-subject ellipsis" dir="auto">
            {hit.kind === "note" ? text.note : hit.subject}
          </span>
          <span className="grow" />
          <time className="quiet" dateTime={hit.at} title={exactTime(hit.at)}>
            {shortTime(hit.at)}
          </time>
        </span>
        <span className="result-text" dir="auto">
          <b>{hit.author}: </b>
          <Marked text={hit.snippet} />
        </span>
      </span>
    </a>
  );
}
