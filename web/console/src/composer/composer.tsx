import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, Draft, Me, Target, Thread } from "../api/types";
import { takenBack } from "../live/held";
import { usePresence } from "../live/presence";
import { useCommands } from "../ui/commands";
import { Icon } from "../ui/icon";
import { useStore } from "../ui/store";
import { defaultTarget, EMPTY, fromDraft, isEmpty, lastInbound, sameTarget, slotOf } from "./content";
import { keep, key, read } from "./drafts";
import { text } from "./messages";
import { NoteSurface } from "./note-surface";
import { ReplySurface } from "./reply-surface";

interface ComposerProps {
  thread: Thread;
  row: Case | undefined;
  me: Me;
  onReview: () => void;
  onDone: () => void;
}

/** Reply and note are two surfaces with two drafts and two ways to the hub, so that one can't be taken for the other. */
export function Composer({ thread, row, me, onReview, onDone }: ComposerProps) {
  const [mode, setMode] = useState<"reply" | "note">("reply");
  const [picked, setPicked] = useState<Target | null>(() => draftTarget(thread));
  const [version, setVersion] = useState(0);
  const [wanted, setWanted] = useState<"" | "text" | "channel">("");
  useFreshTargets(thread);
  const client = useQueryClient();

  const target =
    (picked && thread.targets.find((one) => sameTarget(one, picked))) ?? picked ?? defaultTarget(thread.targets);
  const slot = mode === "note" ? "note" : slotOf(target);
  const name = (of: Target | undefined) => key(me.id, thread.id, slotOf(of));

  /** Text goes along to the other channel, unless something is already written there. */
  const switchTo = (next: Target, content = EMPTY) => {
    const there = read(name(next));
    if (!isEmpty(content) && (!there || isEmpty(there.content))) {
      const onHub = serverDraft(thread, slotOf(next));
      keep(name(next), { content: { ...content, to: null }, version: onHub?.version ?? 0, dirty: true });
    }
    setPicked(next);
    setVersion((count) => count + 1);
    setWanted("text");
  };

  const back = useStore(takenBack, (taken) => (taken?.draft.thread_id === thread.id ? taken : null));
  useEffect(() => {
    if (!back) return;
    const from = thread.targets.find((one) => one.inbox_id === back.draft.inbox_id);
    keep(key(me.id, thread.id, slotOf(from)), {
      content: fromDraft(back.draft),
      version: back.draft.version,
      dirty: true,
    });
    takenBack.set(() => null);
    client.setQueryData<Thread>(
      keys.thread(thread.id),
      (old) => old && { ...old, drafts: old.drafts.filter((draft) => draft.id !== back.held) },
    );
    setMode("reply");
    setPicked(from ?? null);
    setVersion((count) => count + 1);
    setWanted("text");
  }, [back, client, thread.id, thread.targets, me.id]);

  const write = (next: "reply" | "note", what: "text" | "channel" = "text") => {
    setMode(next);
    setWanted(what);
  };
  useCommands([
    { id: "reply", label: text.reply, keys: ["r"], group: "Write", run: () => write("reply") },
    {
      id: "reply-channel",
      label: `${text.reply}: ${text.channel}`,
      keys: ["Shift+R", "Mod+/"],
      group: "Write",
      run: () => write("reply", "channel"),
    },
    { id: "note", label: text.note, keys: ["n"], group: "Write", run: () => write("note") },
  ]);

  const tabs = (
    <div className="composer-tabs" role="group" aria-label={text.composer}>
      <button
        type="button"
        aria-pressed={mode === "reply"}
        className={mode === "reply" ? "is-active" : ""}
        onClick={() => write("reply")}
      >
        {text.reply}
      </button>
      <button
        type="button"
        aria-pressed={mode === "note"}
        className={mode === "note" ? "is-active" : ""}
        onClick={() => write("note")}
      >
        <Icon name="lock" size="xs" />
        {text.note}
      </button>
    </div>
  );
  const shared = { thread, row, me, tabs, server: serverDraft(thread, slot), wanted, onWanted: () => setWanted("") };
  return (
    <section className="composer" aria-label={text.composer}>
      {mode === "note" ? (
        <NoteSurface key={`${thread.id}/note`} {...shared} />
      ) : target ? (
        <ReplySurface
          key={`${thread.id}/${slot}/${version}`}
          {...shared}
          target={target}
          onTarget={switchTo}
          onReview={onReview}
          onDone={onDone}
        />
      ) : (
        <div className="composer-box composer-none">
          <div className="composer-head">{tabs}</div>
          <p>{text.noTarget}</p>
        </div>
      )}
    </section>
  );
}

function serverDraft(thread: Thread, slot: string): Draft | undefined {
  return thread.drafts.find((draft) => draft.slot === slot);
}

/** An unfinished answer is more important than where the customer wrote last. */
function draftTarget(thread: Thread): Target | null {
  const draft = thread.drafts.find((one) => one.slot.startsWith("reply:") && one.text.trim());
  return thread.targets.find((one) => one.usable && one.inbox_id === draft?.inbox_id) ?? null;
}

/** Which ways are open changes when the customer writes or comes and goes. */
function useFreshTargets(thread: Thread): void {
  const client = useQueryClient();
  const online = usePresence(thread.id)?.visitor_online ?? thread.visitor_online;
  const lastIn = lastInbound(thread.entries)?.id;
  const known = useRef({ lastIn, online });
  useEffect(() => {
    if (known.current.lastIn === lastIn && known.current.online === online) return;
    known.current = { lastIn, online };
    void api.targets(thread.id).then(
      (targets) => client.setQueryData<Thread>(keys.thread(thread.id), (old) => old && { ...old, targets }),
      () => undefined,
    );
  }, [client, thread.id, lastIn, online]);
}
