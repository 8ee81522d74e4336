import { useRef, useState } from "react";
import type { Draft, Entry, Target, Thread } from "../api/types";
import { Button } from "../ui/button";
import { channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { time } from "../ui/time";
import { firstName } from "../ui/words";
import { lastInbound } from "./content";
import { text } from "./messages";

interface BarsProps {
  thread: Thread;
  target: Target;
  writing: boolean;
  newer: Entry[] | null;
  newerDraft: Draft | null;
  unassigned: boolean;
  onSwitch: (target: Target) => void;
  onAnyway: () => void;
  onReview: () => void;
  onUseNewer: () => void;
  onKeepThis: () => void;
  onClaim: () => void;
}

/** What must be decided before sending; at most one at a time, the most pressing. */
export function Bars(props: BarsProps) {
  const { thread, target, writing, newer, newerDraft, unassigned } = props;
  const elsewhere = useElsewhere(thread, target, writing);
  if (newer) {
    return (
      <div className="bar bar-warn" role="alert">
        <Icon name="triangle-alert" size="s" />
        <div className="grow">
          <p>{text.newSince(newer.length)}</p>
          {newer.slice(-3).map((entry) => (
            <p key={entry.id} className="bar-quote ellipsis" dir="auto">
              <b>{entry.author.name}</b> {time(entry.at)} · {entry.text}
            </p>
          ))}
        </div>
        <Button look="link" onClick={props.onAnyway}>
          {text.sendAnyway}
        </Button>
        <Button look="link" onClick={props.onReview}>
          {text.review}
        </Button>
      </div>
    );
  }
  if (newerDraft) {
    return (
      <Bar words={text.newerDraft}>
        <Button look="link" onClick={props.onUseNewer}>
          {text.useNewer}
        </Button>
        <Button look="link" onClick={props.onKeepThis}>
          {text.keepThis}
        </Button>
      </Bar>
    );
  }
  if (elsewhere) {
    return (
      <Bar
        words={text.wrote(firstName(thread.customer.name), elsewhere.target.channel)}
        icon={channelLook(elsewhere.target.channel).icon}
      >
        <Button look="link" onClick={() => props.onSwitch(elsewhere.target)}>
          {text.switchTo}
        </Button>
        <Button look="link" onClick={elsewhere.dismiss}>
          {text.keep(target.channel)}
        </Button>
      </Bar>
    );
  }
  if (unassigned) {
    return (
      <div className="bar bar-info">
        <Icon name="circle-user" size="s" />
        <span className="grow">{text.claim}</span>
        <Button look="link" onClick={props.onClaim}>
          {text.assignMe}
        </Button>
      </div>
    );
  }
  return null;
}

function Bar({
  words,
  icon = "info",
  children,
}: {
  words: string;
  icon?: Parameters<typeof Icon>[0]["name"];
  children: React.ReactNode;
}) {
  return (
    <div className="bar bar-warn" role="status">
      <Icon name={icon} size="s" />
      <span className="grow">{words}</span>
      {children}
    </div>
  );
}

/** The customer wrote on another channel while this answer was being written: say it, and change nothing silently. */
function useElsewhere(thread: Thread, target: Target, writing: boolean) {
  const last = lastInbound(thread.entries);
  const begun = useRef(last?.seq ?? 0);
  const [dismissed, setDismissed] = useState(0);
  if (!writing) begun.current = last?.seq ?? 0;
  if (!last || !writing || last.seq <= Math.max(begun.current, dismissed) || last.channel === target.channel)
    return null;
  const other = thread.targets.find((one) => one.usable && one.channel === last.channel);
  return other ? { target: other, dismiss: () => setDismissed(last.seq) } : null;
}
