import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { keys } from "../api/keys";
import type { Case, Draft, Me, Thread } from "../api/types";
import { type Sendable, send } from "../live/outbox";
import { applyDelta } from "../live/timeline";
import { Button } from "../ui/button";
import { say } from "../ui/toast";
import { isEmpty, newKey } from "./content";
import { AttachButton, Files } from "./files";
import { text } from "./messages";
import { SavedWords } from "./saved";
import { TextArea } from "./text-area";
import { useDraft } from "./use-draft";
import { useTypingSign } from "./use-typing-sign";
import { useUploads } from "./use-uploads";

interface NoteProps {
  thread: Thread;
  row: Case | undefined;
  me: Me;
  tabs: ReactNode;
  server: Draft | undefined;
  wanted: "" | "text" | "channel";
  onWanted: () => void;
}

export function NoteSurface({ thread, row, me, tabs, server, wanted, onWanted }: NoteProps) {
  const client = useQueryClient();
  const area = useRef<HTMLTextAreaElement>(null);
  const draft = useDraft({ agent: me.id, thread: thread.id, target: undefined, caseId: row?.id, server });
  const { content } = draft;
  const files = useUploads((file) => draft.edit({ attachments: [...content.attachments, file] }));
  const [error, setError] = useState("");
  const typing = useTypingSign(thread.id, true);

  useEffect(() => {
    if (!wanted) return;
    area.current?.focus();
    onWanted();
  }, [wanted, onWanted]);

  const add = async () => {
    const wrong = isEmpty(content)
      ? text.empty
      : files.running
        ? text.waitForFiles
        : files.failed
          ? text.filesFailed
          : "";
    setError(wrong);
    if (wrong) return;
    const clientKey = newKey();
    const said: Sendable = {
      kind: "note",
      thread: thread.id,
      key: clientKey,
      text: content.text,
      channel: "",
      to: "",
      at: new Date().toISOString(),
      attachments: content.attachments,
      state: "sending",
      reason: "",
      held: null,
      body: {
        client_key: clientKey,
        text: content.text,
        case_id: row?.id ?? null,
        attachments: content.attachments.map((file) => file.id),
      },
    };
    const written = content;
    typing.stop();
    draft.clear();
    const outcome = await send(said);
    if (outcome.result === "sent") {
      const { entry } = outcome;
      client.setQueryData<Thread>(
        keys.thread(thread.id),
        (old) => old && applyDelta(old, { rev: entry.rev, entries: [entry] }).thread,
      );
    } else if (outcome.result === "waiting") say(text.waiting);
    else if (outcome.result === "refused") {
      draft.edit(written);
      setError(`${text.noteFailed} ${outcome.error.message}`);
    }
  };
  return (
    <div className="composer-box composer-note">
      <div className="composer-head">
        {tabs}
        <span className="grow" />
        <SavedWords saved={draft.saved} />
      </div>
      <TextArea
        ref={area}
        label={text.note}
        placeholder={text.notePlaceholder}
        value={content.text}
        error={error}
        onText={(value) => {
          setError("");
          typing.sign(value);
          draft.edit({ text: value });
        }}
        onFiles={files.add}
        onSend={() => void add()}
      />
      <Files
        files={content.attachments}
        uploads={files.uploads}
        onRemove={(file) => draft.edit({ attachments: content.attachments.filter((one) => one.id !== file.id) })}
        onRetry={files.retry}
        onCancel={files.remove}
      />
      <div className="composer-bar">
        <AttachButton onFiles={files.add} />
        <span className="grow" />
        <Button look="primary" className="note-button" icon="lock" hint="Ctrl ↵" onClick={() => void add()}>
          {text.addNote}
        </Button>
      </div>
    </div>
  );
}
