import { useState } from "react";
import type { Case, Entry, Recipient } from "../api/types";
import { Attachments } from "../ui/attachments";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { ChannelChip, channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { useTheme } from "../ui/preferences";
import { Plain } from "../ui/rich";
import { exactTime, time } from "../ui/time";
import { DeliveryState } from "./delivery";
import { Elsewhere } from "./elsewhere";
import { EntryMenu } from "./entry-menu";
import { Since } from "./extras";
import { needsPaper, prepare } from "./mail";
import { MailFrame } from "./mail-frame";
import { text } from "./messages";
import { lineCount, snippet, tintOf } from "./words";

interface LetterProps {
  entry: Entry;
  cases: Case[];
  onCollapse?: () => void;
}

export function Letter({ entry, cases, onCollapse }: LetterProps) {
  const shown = entry.attachments.filter((file) => !file.inline);
  return (
    <article id={`entry-${entry.id}`} className="card letter" aria-label={spoken(entry)} tabIndex={-1}>
      <header className="letter-head">
        <Avatar id={tintOf(entry)} name={entry.author.name} size="m" />
        <div className="letter-who">
          <div className="letter-line">
            <span className="author" dir="auto">
              {entry.author.name}
            </span>
            <ChannelChip channel={entry.channel} />
            <Trust entry={entry} />
          </div>
          <div className="letter-to ellipsis" dir="auto">
            {addressed(entry)}
          </div>
        </div>
        <time className="letter-time" dateTime={entry.at} title={exactTime(entry.at)}>
          {time(entry.at)}
        </time>
        <EntryMenu entry={entry} cases={cases} onCollapse={onCollapse} />
      </header>
      <div className="letter-body">
        {entry.refers_to && <Elsewhere to={entry.refers_to} />}
        {entry.warnings.map((warning) => (
          <p key={warning} className="warning">
            <Icon name="triangle-alert" size="s" />
            {warning}
          </p>
        ))}
        <Words entry={entry} />
        <Quoted entry={entry} />
        <Attachments files={shown} />
        <Since entry={entry} />
        <DeliveryState entry={entry} />
      </div>
    </article>
  );
}

/** One line in place of an older mail of a run. */
export function FoldedLetter({ entry, onOpen }: { entry: Entry; onOpen: () => void }) {
  const files = entry.attachments.filter((file) => !file.inline).length;
  return (
    <button type="button" id={`entry-${entry.id}`} className="folded" aria-expanded="false" onClick={onOpen}>
      <Avatar id={tintOf(entry)} name={entry.author.name} size="s" />
      <span className="folded-name">{entry.author.name}</span>
      <span className="folded-text grow ellipsis" dir="auto">
        {snippet(entry) || entry.subject}
      </span>
      {files > 0 && <Icon name="paperclip" size="xs" />}
      <time dateTime={entry.at} title={exactTime(entry.at)}>
        {time(entry.at)}
      </time>
    </button>
  );
}

function Words({ entry }: { entry: Entry }) {
  const [pictures, setPictures] = useState(false);
  const theme = useTheme();
  if (entry.redacted) return <p className="removed">{text.redacted}</p>;
  if (!entry.html) {
    return (
      <div className="plain" dir="auto">
        <Plain text={entry.text} />
      </div>
    );
  }
  const blocked = !pictures && prepare(entry.html, entry.attachments, false).blocked > 0;
  return (
    <>
      {blocked && (
        <div className="pictures">
          <Icon name="image" size="s" />
          <span className="grow">{text.images}</span>
          <Button look="link" onClick={() => setPictures(true)}>
            {text.showImages}
          </Button>
        </div>
      )}
      <div className={needsPaper(entry.html) ? "mail-paper" : ""}>
        <MailFrame
          html={entry.html}
          files={entry.attachments}
          author={entry.author.name}
          pictures={pictures}
          theme={theme}
        />
      </div>
    </>
  );
}

function Quoted({ entry }: { entry: Entry }) {
  const [open, setOpen] = useState(false);
  const theme = useTheme();
  if (!entry.quoted && !entry.quoted_html) return null;
  return (
    <>
      <button type="button" className="quoted-chip" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="ellipsis" size="s" />
        {open ? text.hideQuoted : text.quoted(lineCount(entry.quoted))}
      </button>
      {open &&
        (entry.quoted_html ? (
          <MailFrame
            html={entry.quoted_html}
            files={entry.attachments}
            author={entry.author.name}
            pictures={false}
            theme={theme}
          />
        ) : (
          <div className="plain quoted" dir="auto">
            <Plain text={entry.quoted} />
          </div>
        ))}
    </>
  );
}

function Trust({ entry }: { entry: Entry }) {
  return (
    <>
      {entry.proof === "failed" && (
        <span className="chip chip-bad" title={entry.proof_detail}>
          <Icon name="shield-alert" size="xs" />
          {text.unproven}
        </span>
      )}
      {entry.automatic && (
        <span className="chip chip-line" title={entry.automatic}>
          {text.automatic}
        </span>
      )}
    </>
  );
}

function addressed(entry: Entry): string {
  const parts = [];
  if (entry.to.length) parts.push(text.to(people(entry.to)));
  if (entry.cc.length) parts.push(text.cc(people(entry.cc)));
  if (entry.subject) parts.push(entry.subject);
  return parts.join(" · ");
}

function people(all: Recipient[]): string {
  return all.map((one) => one.address).join(", ");
}

function spoken(entry: Entry): string {
  const state = entry.deliveries[0]?.state;
  const parts = [entry.author.name, channelLook(entry.channel).label, exactTime(entry.at)];
  return [...parts, ...(state ? [text.states[state] ?? state] : [])].join(", ");
}
