import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { keys } from "../api/keys";
import type { Draft, Target, Thread } from "../api/types";
import { unsaved } from "../live/held";
import { type Content, EMPTY, fromDraft, isEmpty, slotOf, toDraft } from "./content";
import { choose, DraftLine, type Held, keep, key, read, type Saved } from "./drafts";

const PAUSE_MS = 400;

interface DraftOptions {
  agent: string;
  thread: string;
  target: Target | undefined;
  caseId: string | undefined;
  server: Draft | undefined;
}

/** One draft: on the screen at once, on this device and on the hub after a pause. */
export function useDraft({ agent, thread, target, caseId, server }: DraftOptions) {
  const client = useQueryClient();
  const slot = slotOf(target);
  const name = key(agent, thread, slot);
  const [first] = useState(() => choose(read(name), server));
  const [held, setHeld] = useState<Held>(first.held);
  const [newer, setNewer] = useState<Draft | null>(first.newer);
  const [saved, setSaved] = useState<Saved>(first.held.version && !isEmpty(first.held.content) ? "saved" : "");
  const [line] = useState(() => DraftLine.of(thread, slot));
  const now = useRef(held);
  const timer = useRef(0);
  /** Counts what was sent: an answer to a save from before means nothing any more. */
  const sent = useRef(0);
  const inbox = target?.inbox_id;

  /** The thread in the cache knows its drafts too: who comes back to it must find them. */
  const share = useCallback(
    (draft: Draft | null) =>
      client.setQueryData<Thread>(keys.thread(thread), (old) => {
        const others = old?.drafts.filter((one) => one.slot !== slot) ?? [];
        return old && { ...old, drafts: draft ? [...others, draft] : others };
      }),
    [client, thread, slot],
  );

  const put = useCallback((next: Held) => {
    now.current = next;
    setHeld(next);
  }, []);

  const flush = useCallback(async () => {
    clearTimeout(timer.current);
    timer.current = 0;
    if (!now.current.dirty) return;
    keep(name, now.current);
    if (isEmpty(now.current.content)) {
      keep(name, null);
      const known = now.current.version > 0;
      put({ ...now.current, version: 0, dirty: false });
      setSaved("");
      share(null);
      if (known) await line.drop();
      return;
    }
    setSaved("saving");
    const written = now.current.content;
    const before = sent.current;
    const answer = await line.save(() =>
      now.current.dirty
        ? toDraft(now.current.content, inbox, caseId, Math.max(now.current.version, line.version))
        : null,
    );
    if (sent.current !== before) return;
    if ("newer" in answer) {
      setNewer(answer.newer);
      setSaved("local");
    } else if ("failed" in answer) setSaved(now.current.dirty ? "local" : "");
    else {
      put({ ...now.current, version: answer.draft.version, dirty: now.current.content !== written });
      keep(name, now.current);
      share(answer.draft);
      setSaved("saved");
    }
  }, [name, line, inbox, caseId, put, share]);

  const edit = useCallback(
    (change: Partial<Content>) => {
      put({ ...now.current, content: { ...now.current.content, ...change }, dirty: true });
      clearTimeout(timer.current);
      timer.current = window.setTimeout(() => void flush(), PAUSE_MS);
    },
    [flush, put],
  );

  /** The text went out, or was moved: nothing of it may come back. */
  const clear = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = 0;
    sent.current += 1;
    put({ content: EMPTY, version: 0, dirty: false });
    setNewer(null);
    setSaved("");
    keep(name, null);
    share(null);
    void line.drop();
  }, [name, line, put, share]);

  useEffect(() => {
    const leave = () => {
      if (timer.current) void flush();
    };
    if (now.current.dirty && !timer.current) void flush();
    window.addEventListener("pagehide", leave);
    unsaved.add(flush);
    return () => {
      unsaved.delete(flush);
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [flush]);

  useEffect(() => {
    if (!server || server.version <= Math.max(now.current.version, line.version)) return;
    const next = choose(now.current, server);
    setNewer(next.newer);
    if (next.held !== now.current) put(next.held);
  }, [server, line, put]);

  return {
    content: held.content,
    newer,
    saved,
    edit,
    clear,
    useNewer: () => {
      if (newer) put({ content: fromDraft(newer), version: newer.version, dirty: false });
      keep(name, null);
      setNewer(null);
      setSaved("saved");
    },
    keepThis: () => {
      if (newer) put({ ...now.current, version: newer.version, dirty: true });
      setNewer(null);
      void flush();
    },
  };
}
