import type { Case, Entry } from "../api/types";
import type { Pending } from "../live/outbox";
import { again, drop } from "../live/outbox";
import { Attachments } from "../ui/attachments";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { ChannelGlyph, channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { Plain } from "../ui/rich";
import { exactTime, time } from "../ui/time";
import { copy, DeliveryState } from "./delivery";
import { EntryMenu } from "./entry-menu";
import { Cards, Since } from "./extras";
import { text } from "./messages";
import { tintOf } from "./words";

/** Messages of one author in a row: only the first has the header, only the last its state. */
export function Bubbles({ entries, cases, glyph }: { entries: Entry[]; cases: Case[]; glyph: boolean }) {
  const first = entries[0] as Entry;
  const out = first.direction === "out";
  const avatar = <Avatar id={tintOf(first)} name={first.author.name} size="m" />;
  return (
    <div className={`speech ${out ? "speech-out" : ""}`}>
      {!out && avatar}
      <div className="speech-body">
        <div className="speech-head">
          <span className="author" dir="auto">
            {first.author.name}
          </span>
          {glyph && <ChannelGlyph channel={first.channel} size="s" />}
          <time dateTime={first.at} title={exactTime(first.at)}>
            {time(first.at)}
          </time>
        </div>
        {entries.map((entry) => (
          <Bubble key={entry.id} entry={entry} cases={cases} last={entry === entries.at(-1)} />
        ))}
      </div>
      {out && avatar}
    </div>
  );
}

function Bubble({ entry, cases, last }: { entry: Entry; cases: Case[]; last: boolean }) {
  const trouble = entry.deliveries.some((one) => one.state === "failed" || one.state === "uncertain");
  const label = [entry.author.name, channelLook(entry.channel).label, exactTime(entry.at)].join(", ");
  return (
    <article id={`entry-${entry.id}`} className="speech-item" aria-label={label} tabIndex={-1}>
      <div className="speech-line">
        {entry.redacted ? (
          <div className="bubble removed">{text.redacted}</div>
        ) : (
          entry.text && (
            <div className="bubble" dir="auto">
              <Plain text={entry.text} />
            </div>
          )
        )}
        <EntryMenu entry={entry} cases={cases} />
      </div>
      <Cards entry={entry} />
      <Attachments files={entry.attachments} />
      <Since entry={entry} />
      {(last || trouble) && <DeliveryState entry={entry} />}
    </article>
  );
}

export function Note({ entry, cases }: { entry: Entry; cases: Case[] }) {
  return (
    <article
      id={`entry-${entry.id}`}
      className="note"
      aria-label={`${entry.author.name}, ${text.internalNote}, ${exactTime(entry.at)}`}
      tabIndex={-1}
    >
      <div className="note-head">
        <Icon name="lock" size="s" />
        <span className="author">{entry.author.name}</span>
        <span>{text.internalNote}</span>
        <time dateTime={entry.at} title={exactTime(entry.at)}>
          {time(entry.at)}
        </time>
        <span className="grow" />
        <EntryMenu entry={entry} cases={cases} />
      </div>
      <div className="plain" dir="auto">
        <Plain text={entry.text} />
      </div>
      <Attachments files={entry.attachments} />
    </article>
  );
}

/** Said, but not in the thread yet. */
export function PendingItem({
  pending,
  author,
  authorId,
  onUndo,
}: {
  pending: Pending;
  author: string;
  authorId: string;
  onUndo: () => void;
}) {
  const words = (
    <div className={pending.kind === "note" ? "plain" : "bubble"} dir="auto">
      <Plain text={pending.text} />
    </div>
  );
  const state = (
    <div className={`delivery delivery-${pending.state}`}>
      <Icon name={pending.state === "failed" ? "triangle-alert" : "clock"} size="xs" />
      <span>{stateWords(pending)}</span>
      {pending.state === "held" && (
        <Button look="link" onClick={onUndo}>
          {text.undo}
        </Button>
      )}
      {pending.state === "failed" && pending.kind !== "held" && (
        <span className="delivery-remedies">
          <Button look="link" onClick={() => again(pending)}>
            {text.retry}
          </Button>
          <Button look="link" onClick={() => void copy(pending.text)}>
            {text.copy}
          </Button>
          <Button look="link" onClick={() => drop(pending.key)}>
            {text.discard}
          </Button>
        </span>
      )}
    </div>
  );
  if (pending.kind === "note") {
    return (
      <article className="note is-pending" aria-label={text.internalNote}>
        {words}
        {state}
      </article>
    );
  }
  return (
    <article className="speech speech-out is-pending" aria-label={author}>
      <div className="speech-body">
        <div className="speech-head">
          <span className="author">{author}</span>
          <ChannelGlyph channel={pending.channel} size="s" />
          <span>{text.to(pending.to)}</span>
        </div>
        {words}
        <Attachments files={pending.attachments} />
        {state}
      </div>
      <Avatar id={authorId} name={author} size="m" />
    </article>
  );
}

function stateWords(pending: Pending): string {
  if (pending.state === "held") return pending.reason || text.heldUntil;
  if (pending.state === "waiting") return text.waitingForLine;
  if (pending.state === "failed") return `${text.notSent}: ${pending.reason}`;
  return text.states.sending ?? "";
}
