import { memo } from "react";
import type { Case } from "../api/types";
import { useTyping } from "../live/presence";
import { Avatar } from "../ui/avatar";
import { ChannelGlyph, channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { exactTime, shortTime, span, whenDue } from "../ui/time";
import { text } from "./messages";

const LONG_WAIT_MS = 3_600_000;

interface RowProps {
  row: Case;
  me: string;
  active: boolean;
  place: number;
  size: number;
  onOpen: (row: Case) => void;
  onNear: (row: Case) => void;
}

export const CaseRow = memo(function CaseRow({ row, me, active, place, size, onOpen, onNear }: RowProps) {
  const typing = useTyping(row.thread_id).some((sign) => sign.who.kind === "customer");
  const unread = row.unread && !active;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys
    <div
      id={`case-${row.id}`}
      role="option"
      aria-selected={active}
      aria-setsize={size}
      aria-posinset={place + 1}
      tabIndex={active || place === 0 ? 0 : -1}
      className={`row ${active ? "is-active" : ""} ${unread ? "is-unread" : ""}`}
      onClick={() => onOpen(row)}
      onPointerEnter={() => onNear(row)}
    >
      <span className="row-avatar">
        <Avatar id={row.thread_id} name={row.customer_name} size="l" />
        <ChannelGlyph channel={row.channel} />
      </span>
      <div className="row-words">
        <div className="row-line">
          <span className="row-name grow ellipsis" dir="auto">
            {row.customer_name}
          </span>
          <time className="row-time" dateTime={row.last_at} title={exactTime(row.last_at)}>
            {shortTime(row.last_at)}
          </time>
        </div>
        <div className="row-subject ellipsis" dir="auto">
          {row.subject}
        </div>
        <div className="row-line">
          {typing ? (
            <span className={`row-preview grow ellipsis row-typing ch-text-${channelLook(row.channel).colour}`}>
              {text.isTyping}
            </span>
          ) : (
            <span className="row-preview grow ellipsis" dir="auto">
              {row.has_draft && <span className="row-draft">{text.draft} </span>}
              {speaker(row, me)}
              {row.preview}
            </span>
          )}
          <Badge row={row} />
          {unread && (
            <span className="row-dot">
              <span className="hidden-words">{text.unread}</span>
            </span>
          )}
        </div>
      </div>
    </div>
  );
});

/** One badge at most, the most pressing. */
function Badge({ row }: { row: Case }) {
  const waited = row.waiting_since ? Date.now() - Date.parse(row.waiting_since) : 0;
  if (row.failed) return <span className="badge badge-bad">{text.notDelivered}</span>;
  if (row.status === "snoozed") {
    const until = row.snoozed_until ? whenDue(row.snoozed_until) : text.untilReply;
    return (
      <span className="badge">
        <Icon name="alarm-clock" size="xs" />
        {until}
      </span>
    );
  }
  if (row.priority === "urgent" || row.priority === "high") {
    return (
      <span className={`badge ${row.priority === "urgent" ? "badge-bad" : "badge-warn"}`}>
        <Icon name="flag" size="xs" />
        {row.priority === "urgent" ? text.urgent : span(waited || 1)}
      </span>
    );
  }
  if (row.status === "open" && waited > LONG_WAIT_MS) return <span className="badge">{span(waited)}</span>;
  if (row.assignee) return <Avatar id={row.assignee.id} name={row.assignee.name} size="s" />;
  return null;
}

function speaker(row: Case, me: string): string {
  if (row.preview_by === "customer" || row.preview_by === "system") return "";
  if (row.preview_by === "note") return `${text.note} `;
  const name = row.preview_agent_id === me ? text.you : text.by(row.preview_by.split(" ")[0] ?? row.preview_by);
  return `${name} `;
}
