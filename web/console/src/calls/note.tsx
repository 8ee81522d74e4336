import { api } from "../api/endpoints";
import type { Call } from "../api/types";
import { createStore, useStore } from "../ui/store";
import { complain } from "../ui/toast";
import { text } from "./messages";

const SAVE_MS = 800;
const AGAIN_MS = 3000;

/** What was written here, until the call is wrapped up; outlives the field, the bar and a hub that is away for a moment. */
const written = createStore<Readonly<Record<string, string>>>({});
const timers = new Map<string, number>();

export function useNote(call: Call): string {
  return useStore(written, (all) => all[call.id]) ?? call.note;
}

export function writeNote(id: string, note: string): void {
  written.set((all) => ({ ...all, [id]: note }));
  saveIn(id, SAVE_MS);
}

function saveIn(id: string, ms: number): void {
  clearTimeout(timers.get(id));
  timers.set(
    id,
    window.setTimeout(() => void save(id), ms),
  );
}

async function save(id: string): Promise<void> {
  const note = written.get()[id];
  if (note === undefined) return;
  try {
    await api.noteCall(id, note);
  } catch (error) {
    complain(text.noteFailed, error);
    saveIn(id, AGAIN_MS);
  }
}

/** The call is wrapped up, and its note with it. */
export function forget(id: string): void {
  clearTimeout(timers.get(id));
  written.set(({ [id]: _note, ...others }) => others);
}

/** Saves itself while one talks: nobody has a hand free for a button. */
export function CallNote({ call }: { call: Call }) {
  const note = useNote(call);
  return (
    <textarea
      className="input call-note"
      aria-label={text.note}
      data-autofocus
      rows={4}
      maxLength={10_000}
      placeholder={text.notePlaceholder}
      value={note}
      onChange={(event) => writeNote(call.id, event.target.value)}
    />
  );
}
