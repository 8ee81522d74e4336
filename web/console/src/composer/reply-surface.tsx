import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { keys } from "../api/keys";
import type { AskIn, Case, Draft, Entry, Me, Target, Thread } from "../api/types";
import { changeCase } from "../live/cases";
import { offerUndo } from "../live/held";
import { type Sendable, send } from "../live/outbox";
import { applyDelta } from "../live/timeline";
import { Button } from "../ui/button";
import { channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { say } from "../ui/toast";
import { firstName } from "../ui/words";
import { Bars } from "./bars";
import { ChannelPicker, type ChannelPickerHandle } from "./channel-picker";
import { type Content, capabilities, hindrance, isEmpty, newKey, reached, recipients, replySubject } from "./content";
import { Counter } from "./counter";
import { Fields } from "./fields";
import { AttachButton, Files } from "./files";
import { text } from "./messages";
import { asked, NEW_QUESTION, type Question, QuestionEditor } from "./question";
import { SavedWords } from "./saved";
import { TextArea } from "./text-area";
import { useDraft } from "./use-draft";
import { useTypingSign } from "./use-typing-sign";
import { useUploads } from "./use-uploads";
import { Window } from "./window";

interface ReplyProps {
  thread: Thread;
  row: Case | undefined;
  me: Me;
  tabs: ReactNode;
  server: Draft | undefined;
  target: Target;
  wanted: "" | "text" | "channel";
  onWanted: () => void;
  onTarget: (target: Target, content?: Content) => void;
  onReview: () => void;
  onDone: () => void;
}

export function ReplySurface(props: ReplyProps) {
  const { thread, row, me, tabs, server, target, wanted, onWanted, onTarget, onReview, onDone } = props;
  const client = useQueryClient();
  const can = capabilities(target);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<ChannelPickerHandle>(null);
  const draft = useDraft({ agent: me.id, thread: thread.id, target, caseId: row?.id, server });
  const { content } = draft;
  const attached = useRef(content.attachments);
  attached.current = content.attachments;
  const files = useUploads((file) => draft.edit({ attachments: [...attached.current, file] }));
  const typing = useTypingSign(thread.id, false);
  const [error, setError] = useState("");
  const [newer, setNewer] = useState<Entry[] | null>(null);
  const [fields, setFields] = useState(Boolean(content.cc || content.bcc));
  const [chatLink, setChatLink] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const [dragged, setDragged] = useState(false);
  const seen = useBegun(thread.last_seq, content.text, can.live);
  const name = firstName(thread.customer.name);

  useEffect(() => {
    if (!wanted) return;
    if (wanted === "channel") picker.current?.open();
    else area.current?.focus();
    onWanted();
  }, [wanted, onWanted]);

  const change = (next: Partial<Content>) => {
    setError("");
    draft.edit(next);
  };
  const go = async (how: { done?: boolean; anyway?: boolean } = {}) => {
    const ask = question && asked(question);
    const unasked = question && !ask ? text.incomplete : "";
    const wrong = target.usable ? hindrance(content, target, files) || unasked : target.reason;
    setError(wrong);
    if (wrong) return;
    const said = pending({ thread, row, target, content, chatLink, ask, seen: seen.current, ...how });
    const written = content;
    typing.stop();
    setNewer(null);
    draft.clear();
    area.current?.focus();
    const outcome = await send(said);
    if (outcome.result === "sent") {
      const { entry } = outcome;
      client.setQueryData<Thread>(
        keys.thread(thread.id),
        (old) => old && applyDelta(old, { rev: entry.rev, entries: [entry] }).thread,
      );
    } else if (outcome.result === "held") offerUndo(said, outcome.held, text.sentHeld(can.channel, name));
    else if (outcome.result === "waiting") say(text.waiting);
    else {
      draft.edit(written);
      if (outcome.result === "stale") setNewer(outcome.newer);
      else setError(`${text.notSent} ${outcome.error.message}`);
      return;
    }
    setChatLink(false);
    setQuestion(null);
    if (how.done) onDone();
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setDragged(false);
    if (event.dataTransfer.files.length) files.add(event.dataTransfer.files);
  };
  const look = channelLook(target.channel);
  return (
    <>
      <Bars
        thread={thread}
        target={target}
        writing={!isEmpty(content)}
        newer={newer}
        newerDraft={draft.newer}
        unassigned={row?.status !== "done" && row?.assignee === null && !isEmpty(content)}
        onSwitch={(next) => {
          draft.clear();
          onTarget(next, content);
        }}
        onAnyway={() => void go({ anyway: true })}
        onReview={() => {
          setNewer(null);
          seen.current = thread.last_seq;
          onReview();
        }}
        onUseNewer={draft.useNewer}
        onKeepThis={draft.keepThis}
        onClaim={() => row && void changeCase(client, row, { assignee_id: me.id }, text.assignMe)}
      />
      <div
        className={`composer-box focus-${look.colour} ${dragged ? "is-dragged" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setDragged(true);
        }}
        onDragLeave={() => setDragged(false)}
        onDrop={dropped}
      >
        <div className="composer-head">
          {tabs}
          <ChannelPicker
            ref={picker}
            targets={thread.targets}
            target={target}
            customer={thread.customer.name}
            onTarget={(next) => {
              if (!isEmpty(content)) draft.clear();
              onTarget(next, content);
            }}
          />
          <span className="composer-to ellipsis">
            to <b>{content.to?.address ?? reached(target, thread.customer.name)}</b>
          </span>
          {target.trust === "verified" && target.to.kind !== "visitor" && (
            <span className="verified not-phone">
              <Icon name="shield-check" size="xs" />
              verified
            </span>
          )}
          <span className="grow" />
          <SavedWords saved={draft.saved} />
          {can.copies && (
            <Button
              look="link"
              className="copies-button not-phone"
              aria-expanded={fields}
              onClick={() => setFields(!fields)}
            >
              {text.addCopies}
            </Button>
          )}
        </div>
        {fields && can.copies && (
          <Fields
            content={content}
            target={target}
            subject={replySubject(row?.subject ?? "")}
            withSubject={can.subject}
            onChange={change}
          />
        )}
        <TextArea
          ref={area}
          label={text.reply}
          placeholder={text.replyPlaceholder(name, can.channel)}
          value={content.text}
          error={error}
          onText={(value) => {
            if (can.typing) typing.sign(value);
            seen.typed(value);
            change({ text: value });
          }}
          onFiles={files.add}
          onSend={(done) => void go({ done })}
          onChannel={() => picker.current?.open()}
        />
        <Files
          files={content.attachments}
          uploads={files.uploads}
          onRemove={(file) => change({ attachments: content.attachments.filter((one) => one.id !== file.id) })}
          onRetry={files.retry}
          onCancel={files.remove}
        />
        {question && <QuestionEditor question={question} onChange={setQuestion} onClose={() => setQuestion(null)} />}
        {dragged && <div className="drop-hint">{text.dropHere}</div>}
        <div className="composer-bar">
          {can.media && <AttachButton onFiles={files.add} />}
          <button
            type="button"
            className={`icon-button ${question ? "is-on" : ""}`}
            aria-pressed={question !== null}
            aria-label={text.question}
            title={text.question}
            onClick={() => setQuestion(question ? null : NEW_QUESTION)}
          >
            <Icon name="circle-question-mark" />
          </button>
          {!can.live && (
            <button
              type="button"
              className={`icon-button ${chatLink ? "is-on" : ""}`}
              aria-pressed={chatLink}
              aria-label={text.chatLink}
              title={text.chatLink}
              onClick={() => setChatLink(!chatLink)}
            >
              <Icon name="link" />
            </button>
          )}
          {chatLink && <span className="bar-words ellipsis not-phone">{text.chatLinkOn}</span>}
          <span className="grow" />
          <Window target={target} />
          <Counter written={content.text} can={can} />
          <span className="split-button">
            <button type="button" className="split-main" onClick={() => void go()}>
              {text.send(can.channel)}
              <kbd aria-hidden="true" className="not-phone">
                Ctrl ↵
              </kbd>
            </button>
            <MenuButton
              label={text.sendOptions}
              align="end"
              className="split-more"
              items={[
                {
                  key: "done",
                  label: text.sendAndDone,
                  icon: "check",
                  hint: "Ctrl Shift ↵",
                  run: () => void go({ done: true }),
                },
              ]}
            >
              <Icon name="chevron-down" size="s" />
            </MenuButton>
          </span>
        </div>
      </div>
    </>
  );
}

/**
 * What counts as seen when this is sent: the thread as it was when the draft was begun. In a live conversation both write
 * at once, so there it is the thread as it was at the last key press.
 */
function useBegun(lastSeq: number, written: string, live: boolean) {
  const begun = useRef({
    current: lastSeq,
    typed: (_value: string) => {},
  });
  begun.current.typed = (value) => {
    if (live || !written.trim() || !value.trim()) begun.current.current = lastSeq;
  };
  if (!written.trim()) begun.current.current = lastSeq;
  return begun.current;
}

interface PendingOptions {
  thread: Thread;
  row: Case | undefined;
  target: Target;
  content: Content;
  chatLink: boolean;
  ask: AskIn | null;
  seen: number;
  done?: boolean;
  anyway?: boolean;
}

function pending({ thread, row, target, content, chatLink, ask, seen, done, anyway }: PendingOptions): Sendable {
  const can = capabilities(target);
  const key = newKey();
  const to = content.to ?? target.to;
  return {
    kind: "reply",
    thread: thread.id,
    key,
    text: content.text,
    channel: target.channel,
    to: to.address,
    at: new Date().toISOString(),
    attachments: content.attachments,
    state: "sending",
    reason: "",
    held: null,
    body: {
      client_key: key,
      last_seen_seq: seen,
      inbox_id: target.inbox_id,
      to: { kind: to.kind, address: to.address, name: to.name },
      cc: can.copies ? recipients(content.cc) : [],
      bcc: can.copies ? recipients(content.bcc) : [],
      subject: can.subject ? content.subject || replySubject(row?.subject ?? "") : "",
      text: content.text,
      attachments: content.attachments.map((file) => file.id),
      case_id: row?.id ?? null,
      chat_link: chatLink,
      ask,
      send_anyway: anyway ?? false,
      // biome-ignore lint/suspicious/noThenProperty: the API calls it so, and nobody awaits this
      then: done ? "done" : "",
    },
  };
}
