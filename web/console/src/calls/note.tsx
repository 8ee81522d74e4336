import { useEffect, useRef, useState } from "react";
import { api } from "../api/endpoints";
import type { Call } from "../api/types";
import { complain } from "../ui/toast";
import { text } from "./messages";

const SAVE_MS = 800;

/** Saves itself while one talks: nobody has a hand free for a button. */
export function CallNote({ call, onNote }: { call: Call; onNote?: (note: string) => void }) {
  const [note, setNote] = useState(call.note);
  const saved = useRef(call.note);
  useEffect(() => {
    if (note === saved.current) return;
    const save = () => {
      saved.current = note;
      api.noteCall(call.id, note).catch((error: unknown) => complain(text.noteFailed, error));
    };
    const timer = setTimeout(save, SAVE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [note, call.id]);
  const last = useRef(note);
  last.current = note;
  useEffect(
    () => () => {
      if (last.current !== saved.current) void api.noteCall(call.id, last.current);
    },
    [call.id],
  );
  return (
    <textarea
      className="input call-note"
      aria-label={text.note}
      data-autofocus
      rows={4}
      maxLength={10_000}
      placeholder={text.notePlaceholder}
      value={note}
      onChange={(event) => {
        setNote(event.target.value);
        onNote?.(event.target.value);
      }}
    />
  );
}
