import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, Customer, Thread } from "../api/types";
import { usePresence } from "../live/presence";
import { Avatar } from "../ui/avatar";
import { Button, IconButton } from "../ui/button";
import { ChannelGlyph, channelLook, channelOfKind } from "../ui/channel";
import { Icon } from "../ui/icon";
import { localTime, shortTime } from "../ui/time";
import { complain, say } from "../ui/toast";
import { AddressMenu, ofIdentity } from "./address-menu";
import { Handover, Preference } from "./handover";
import { journey } from "./journey";
import { Merges } from "./merge";
import { text } from "./messages";

interface PanelProps {
  thread: Thread;
  active: string | undefined;
  onCase: (id: string) => void;
  onJump: (seq: number) => void;
  onHide: () => void;
  /** Where its width is changed. */
  edge: ReactNode;
}

export function CustomerPanel({ thread, active, onCase, onJump, onHide, edge }: PanelProps) {
  const { customer } = thread;
  const here = usePresence(thread.id)?.visitor_online ?? thread.visitor_online;
  return (
    <aside className="panel" aria-label={text.panel}>
      {edge}
      <header className="panel-head">
        <h2>{text.panel}</h2>
        <span className="grow" />
        <IconButton icon="panel-right" label={text.hide} hint="]" onClick={onHide} />
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label={text.panel}>
        <Who thread={thread} />
        <Handover thread={thread} />
        <Section title={text.identities}>
          {customer.identities.map((identity) => (
            <Address
              key={identity.id}
              menu={<AddressMenu thread={thread} of={ofIdentity(identity)} />}
              kind={identity.kind}
              address={identity.kind === "visitor" ? identity.name || text.visitor : identity.address}
              copy={identity.kind === "visitor" ? undefined : identity.address}
            >
              {identity.kind === "visitor" && here ? (
                <span className="quiet">{text.activeNow}</span>
              ) : identity.undeliverable ? (
                <span className="bad" title={identity.undeliverable}>
                  {text.bounces}
                </span>
              ) : identity.shared ? (
                <span className="quiet">{text.shared}</span>
              ) : identity.trust === "verified" ? (
                <span className="verified">
                  <Icon name="check" size="xs" />
                  {text.verified}
                </span>
              ) : (
                <span className="quiet">{text.claimed}</span>
              )}
            </Address>
          ))}
          {customer.claims.map((claim) => (
            <Address
              key={claim.id}
              menu={<AddressMenu thread={thread} of={{ ...claim, trust: "typed", confirmed: false }} />}
              kind={claim.kind}
              address={claim.address}
              copy={claim.address}
            >
              <span className="quiet" title={text.claimsWhy}>
                {text.typed}
              </span>
            </Address>
          ))}
          <Merges thread={thread} />
          {thread.targets.length > 1 && <Preference thread={thread} />}
        </Section>
        <Section title={text.cases}>
          {!thread.cases.length && <p className="quiet">{text.noCases}</p>}
          {thread.cases.map((one) => (
            <button
              key={one.id}
              type="button"
              className={`panel-case ${one.id === active ? "is-active" : ""}`}
              aria-current={one.id === active || undefined}
              onClick={() => onCase(one.id)}
            >
              <span className="grow ellipsis" dir="auto">
                {one.subject}
              </span>
              <span className={`chip status-${one.status}`}>{text.status[one.status]}</span>
            </button>
          ))}
          <Labels row={thread.cases.find((one) => one.id === active)} />
        </Section>
        <Journey thread={thread} onJump={onJump} />
      </div>
    </aside>
  );
}

/** What the open case carries. */
function Labels({ row }: { row: Case | undefined }) {
  const priority = row && row.priority !== "normal" ? row.priority : "";
  if (!row || (!row.tags.length && !priority)) return null;
  return (
    <p className="labels">
      {priority && (
        <span className={`chip ${priority === "urgent" ? "chip-bad" : "chip-warn"}`}>{text.priority[priority]}</span>
      )}
      {row.tags.map((tag) => (
        <span key={tag.id} className="chip chip-line">
          <Icon name="tag" size="xs" />
          {tag.name}
        </span>
      ))}
    </p>
  );
}

function Section({ title, extra, children }: { title: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel-card" aria-label={title}>
      <h3>
        {title}
        {extra}
      </h3>
      {children}
    </section>
  );
}

function Who({ thread }: { thread: Thread }) {
  const client = useQueryClient();
  const { customer } = thread;
  const [name, setName] = useState<string | null>(null);
  const save = async () => {
    try {
      const changed = await api.changeCustomer(customer.id, { name: name?.trim() });
      client.setQueryData<Thread>(keys.thread(thread.id), (old) => old && { ...old, customer: changed });
      setName(null);
    } catch (error) {
      complain(text.renameFailed, error);
    }
  };
  const open = thread.cases.filter((one) => one.status !== "done" && one.status !== "spam").length;
  return (
    <section className="panel-card" aria-label={text.name}>
      <div className="who">
        <Avatar id={thread.id} name={customer.name} size="xl" />
        {name === null ? (
          <div className="grow who-words">
            <div className="who-name ellipsis" dir="auto">
              {customer.name}
            </div>
            <div className="quiet ellipsis">{place(customer)}</div>
          </div>
        ) : (
          <form
            className="who-form grow"
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <input
              className="input"
              aria-label={text.name}
              value={name}
              maxLength={200}
              onChange={(event) => setName(event.target.value)}
            />
            <Button type="submit" look="primary">
              {text.save}
            </Button>
          </form>
        )}
        <IconButton
          icon={name === null ? "pencil" : "x"}
          label={name === null ? text.rename : text.cancel}
          onClick={() => setName(name === null ? customer.name : null)}
        />
      </div>
      <dl className="figures">
        <Figure words={text.figures.cases} figure={open} />
        <Figure words={text.figures.messages} figure={thread.last_seq} />
        <Figure words={text.figures.addresses} figure={customer.identities.length + customer.claims.length} />
      </dl>
    </section>
  );
}

function Figure({ words, figure }: { words: string; figure: number }) {
  return (
    <div>
      <dd>{figure.toLocaleString()}</dd>
      <dt>{words}</dt>
    </div>
  );
}

function place(customer: Customer): string {
  const clock = customer.timezone && localTime(customer.timezone);
  const parts = [clock && text.local(clock), customer.locale && language(customer.locale)].filter(Boolean);
  return parts.length ? parts.join(" · ") : text.since(shortTime(customer.created_at));
}

function language(locale: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}

function Address({
  kind,
  address,
  copy,
  menu,
  children,
}: {
  kind: string;
  address: string;
  copy?: string;
  menu: ReactNode;
  children: ReactNode;
}) {
  const words = (
    <span className="grow ellipsis" dir="auto" title={address}>
      {address}
    </span>
  );
  return (
    <div className="address">
      <ChannelGlyph channel={channelOfKind(kind)} />
      {copy ? (
        <button
          type="button"
          className="address-button grow"
          aria-label={text.copy(address)}
          onClick={() => void navigator.clipboard.writeText(copy).then(() => say(text.copied))}
        >
          {words}
        </button>
      ) : (
        words
      )}
      {children}
      {menu}
    </div>
  );
}

function Journey({ thread, onJump }: { thread: Thread; onJump: (seq: number) => void }) {
  const steps = journey(thread.entries);
  if (!steps.length) return null;
  return (
    <Section title={text.journey}>
      <ul className="journey">
        {steps.map((step) => (
          <li key={step.key} className={`dot-${channelLook(step.channel).colour}`}>
            <button type="button" onClick={() => onJump(step.seq)}>
              <span className="grow ellipsis">{text.journeyLine(channelLook(step.channel).label, step.count)}</span>
              <time className="quiet" dateTime={step.at}>
                {shortTime(step.at)}
              </time>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
