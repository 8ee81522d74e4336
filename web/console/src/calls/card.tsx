import { useState } from "react";
import type { Call, Entry } from "../api/types";
import { useMyCalls, useSince } from "../live/calls";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Plain } from "../ui/rich";
import { exactTime, time } from "../ui/time";
import { firstName } from "../ui/words";
import { clock, lasted, text } from "./messages";
import { Player } from "./player";

const SHOWN_LINES = 2;
const good = new Set(["completed"]);
const bad = new Set(["missed", "abandoned", "failed", "blocked", "rejected"]);

/** A call from its first ring: what became of it, its recording, its words, its note. */
export function CallCard({ entry, call }: { entry: Entry; call: Call }) {
  const title =
    call.voicemail && call.direction === "in" ? text.voicemail : call.direction === "in" ? text.inbound : text.outbound;
  const live = call.state !== "ended";
  const disposition = useMyCalls()?.dispositions.find((one) => one.key === call.disposition)?.label;
  const recording = entry.attachments.find((file) => file.id === call.recording.attachment_id);
  return (
    <article id={`entry-${entry.id}`} className="call-card" aria-label={label(entry, call, title)} tabIndex={-1}>
      <div className="call-top">
        <span className="call-sign ch-call">
          <Icon name="phone" />
        </span>
        <div className="grow">
          <div className="call-title">
            <b>{title}</b>
            {live ? <Running call={call} /> : <Outcome call={call} />}
            {disposition && <span className="chip chip-line">{disposition}</span>}
          </div>
          <div className="quiet">
            <bdi>
              {[
                text.to(whoCalls(call), whoIsCalled(call)),
                call.talk_s > 0 && lasted(call.talk_s),
                call.talk_s === 0 && call.wait_s > 0 && `waited ${lasted(call.wait_s)}`,
              ]
                .filter(Boolean)
                .join(" · ")}
            </bdi>
            {" · "}
            <time dateTime={entry.at} title={exactTime(entry.at)}>
              {time(entry.at)}
            </time>
          </div>
        </div>
      </div>
      {recording && call.recording.state === "ready" && <Player file={recording} seconds={call.recording.seconds} />}
      {recording && call.recording.state === "failed" && <p className="bad">{text.recordingFailed}</p>}
      <Transcript call={call} />
      {call.note && (
        <div className="call-wrapped">
          <Icon name="lock" size="xs" />
          <div className="plain" dir="auto">
            <Plain text={call.note} />
          </div>
        </div>
      )}
    </article>
  );
}

function Running({ call }: { call: Call }) {
  const talking = call.state === "active" || call.state === "held";
  const since = useSince(talking ? call.answered_at : call.created_at);
  return (
    <span className="chip call-now">
      <span className="call-dot" />
      {text.states[call.state] || text.live} {clock(since)}
    </span>
  );
}

function Outcome({ call }: { call: Call }) {
  const look = good.has(call.end_reason) ? "chip-ok" : bad.has(call.end_reason) ? "chip-bad" : "chip-line";
  return <span className={`chip ${look}`}>{call.end_reason_text}</span>;
}

function Transcript({ call }: { call: Call }) {
  const [all, setAll] = useState(false);
  const lines = call.transcript.filter((line) => line.text);
  if (!lines.length) return null;
  const shown = all ? lines : call.state === "ended" ? lines.slice(0, SHOWN_LINES) : lines.slice(-SHOWN_LINES);
  const begin = Date.parse(call.answered_at ?? call.created_at);
  return (
    <>
      <ol className="call-lines">
        {shown.map((line) => (
          <li key={`${line.at}-${line.role}-${line.text}`} className={line.final ? "" : "is-unfinished"}>
            <span className="quiet">{clock((Date.parse(line.at) - begin) / 1000)}</span>
            <span className="call-speaker">{speaker(call, line.role)}</span>
            <span dir="auto">{line.text}</span>
          </li>
        ))}
      </ol>
      {lines.length > SHOWN_LINES && (
        <Button look="plain" icon="file-text" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? text.lessTranscript : text.transcript(lines.length)}
        </Button>
      )}
    </>
  );
}

function speaker(call: Call, role: string): string {
  if (role === "agent") return firstName(call.agent_name);
  const who = call.direction === "in" ? call.from : call.to;
  return who.name ? firstName(who.name) : who.address;
}

function whoCalls(call: Call): string {
  return call.direction === "in" ? call.from.address : call.agent_name;
}

function whoIsCalled(call: Call): string {
  return call.direction === "in" ? call.agent_name || call.to.address : call.to.address;
}

function label(entry: Entry, call: Call, title: string): string {
  return `${title}, ${call.end_reason_text || text.states[call.state]}, ${exactTime(entry.at)}`;
}
