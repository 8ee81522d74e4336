import { useCallback, useEffect, useRef, useState } from "react";
import type { Draft, Target } from "../api/types";
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
  const slot = slotOf(target);
  const name = key(agent, thread, slot);
  const [first] = useState(() => choose(read(name), server));
  const [held, setHeld] = useState<Held>(first.held);
  const [newer, setNewer] = useState<Draft | null>(first.newer);
  const [saved, setSaved] = useState<Saved>(first.held.version && !isEmpty(first.held.content) ? "saved" : "");
  const [line] = useState(() => new DraftLine(thread, slot));
  const now = useRef(held);
  const timer = useRef(0);
  const inbox = target?.inbox_id;

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
      if (known) await line.drop();
      return;
    }
    setSaved("saving");
    const written = now.current.content;
    const answer = await line.save(() =>
      now.current.dirty ? toDraft(now.current.content, inbox, caseId, now.current.version) : null,
    );
    if ("newer" in answer) {
      setNewer(answer.newer);
      setSaved("local");
    } else if ("failed" in answer) setSaved(now.current.dirty ? "local" : "");
    else {
      put({ ...now.current, version: answer.version, dirty: now.current.content !== written });
      keep(name, now.current);
      setSaved("saved");
    }
  }, [name, line, inbox, caseId, put]);

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
    put({ content: EMPTY, version: 0, dirty: false });
    setNewer(null);
    setSaved("");
    keep(name, null);
    void line.drop();
  }, [name, line, put]);

  useEffect(() => {
    const leave = () => {
      if (timer.current) void flush();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [flush]);

  useEffect(() => {
    if (!server || server.version <= now.current.version) return;
    const next = choose(now.current, server);
    setNewer(next.newer);
    if (next.held !== now.current) put(next.held);
  }, [server, put]);

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
