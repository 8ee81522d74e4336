import type { ReactNode } from "react";
import type { Inbox } from "../api/types";
import { Icon } from "../ui/icon";
import { exactTime, shortTime, time } from "../ui/time";
import { sentence } from "../ui/words";
import { text } from "./messages";

/** What goes through a channel, and what keeps it from doing so, with what to do about it. */
export function Health({ inbox, unread }: { inbox: Inbox; unread: number }) {
  return (
    <>
      <Trouble inbox={inbox} />
      <dl className="facts health">
        <Fact words={text.lastIn}>
          <When at={inbox.last_in_at} />
        </Fact>
        <Fact words={text.lastOut}>
          <When at={inbox.last_out_at} />
        </Fact>
        <Fact words={text.unreadHere}>{unread ? text.unreadCount(unread) : text.none}</Fact>
        {inbox.reconciled_at && (
          <Fact words={text.compared}>
            <When at={inbox.reconciled_at} /> · {text.comparedFound(inbox.reconciled_found)}
          </Fact>
        )}
      </dl>
    </>
  );
}

/** Paused waits for somebody; trouble and a list that can't be compared mend themselves. */
function Trouble({ inbox }: { inbox: Inbox }) {
  const { trouble } = inbox;
  return (
    <>
      {inbox.state === "paused" && (
        <Warning>
          <b>{inbox.paused_reason ? text.pausedWhy(inbox.paused_reason) : text.pausedByHand}</b>{" "}
          {inbox.paused_reason ? text.pausedDo : text.pausedByHandDo}
        </Warning>
      )}
      {trouble && (
        <Warning>
          <b>{text.trouble(time(trouble.since), sentence(trouble.reason))}</b>{" "}
          {text.troubleDo(time(trouble.next_try_at))}
        </Warning>
      )}
      {inbox.reconcile_problem && <Warning>{text.notCompared(sentence(inbox.reconcile_problem))}</Warning>}
    </>
  );
}

function Warning({ children }: { children: ReactNode }) {
  return (
    <p className="warning" role="status">
      <Icon name="triangle-alert" size="s" />
      <span>{children}</span>
    </p>
  );
}

function Fact({ words, children }: { words: string; children: ReactNode }) {
  return (
    <div>
      <dt className="quiet">{words}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function When({ at }: { at: string | null }) {
  if (!at) return text.nothingYet;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {shortTime(at)}
    </time>
  );
}
