import { useState } from "react";
import type { Entry } from "../api/types";
import { ChannelGlyph } from "../ui/channel";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { dayName, exactTime, time } from "../ui/time";
import { firstName } from "../ui/words";
import { text } from "./messages";
import { eventWords } from "./words";

const FOLD_FROM = 3;

export function Day({ at }: { at: string }) {
  return (
    <div className="day">
      <time dateTime={at}>{dayName(at)}</time>
    </div>
  );
}

export function NewLine() {
  return (
    <div className="new-line" id="new-line">
      {text.new}
    </div>
  );
}

export function Switch({ entry, from, me }: { entry: Entry; from: string; me: string }) {
  const mine = entry.direction === "out";
  const who = entry.author.id === me ? text.you : firstName(entry.author.name);
  const words = mine ? text.movedTo(who, entry.channel) : text.switched(who, from, entry.channel);
  return (
    <div className="switch">
      <span className="switch-chip">
        <ChannelGlyph channel={entry.channel} size="s" />
        <span>
          {words.before}
          <b>{words.channel}</b>
        </span>
        <time dateTime={entry.at} title={exactTime(entry.at)}>
          {time(entry.at)}
        </time>
      </span>
    </div>
  );
}

const glyphs: Record<string, IconName> = {
  assigned: "user-round",
  unassigned: "user-round",
  tagged: "tag",
  untagged: "tag",
  snoozed: "alarm-clock",
  done: "check",
  reopened: "rotate-ccw",
  priority: "flag",
  status: "check",
  consent: "ban",
  proved: "shield-check",
  confirmed: "shield-check",
  "proof asked": "key-round",
  "proof failed": "shield-alert",
  merged: "users",
  unmerged: "users",
  rated: "flag",
};

/** One grey line each; three and more in a row fold into one. */
export function Events({ entries }: { entries: Entry[] }) {
  const [open, setOpen] = useState(false);
  if (entries.length < FOLD_FROM || open) {
    return (
      <div className="events">
        {entries.map((entry) => (
          <EventLine key={entry.id} entry={entry} />
        ))}
      </div>
    );
  }
  const last = entries.at(-1) as Entry;
  return (
    <button type="button" className="event event-fold" aria-expanded="false" onClick={() => setOpen(true)}>
      <Icon name="chevron-right" size="s" />
      {text.changes(entries.length)} · {time(last.at)}
    </button>
  );
}

function EventLine({ entry }: { entry: Entry }) {
  const type = String(entry.event?.type ?? "");
  const { words, whole } = eventWords(entry);
  const who = entry.author.name;
  const named = whole && (entry.author.kind === "system" || words.startsWith(who));
  return (
    <article className="event" id={`entry-${entry.id}`}>
      <Icon name={entry.kind === "call" ? "phone" : (glyphs[type] ?? "zap")} size="s" />
      <span>
        {!whole && who && <b>{who} </b>}
        {words}
        {whole && who && !named && ` · ${who}`} · <time title={exactTime(entry.at)}>{time(entry.at)}</time>
      </span>
    </article>
  );
}
