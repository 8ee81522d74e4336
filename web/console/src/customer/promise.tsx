import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Promised, Thread } from "../api/types";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/form";
import { whenDue } from "../ui/time";
import { say } from "../ui/toast";
import { text } from "./messages";

interface PromiseProps {
  thread: Pick<Thread, "id">;
  caseId?: string;
  /** An earlier promise that gets another time. */
  moved?: Promised;
  onClose: () => void;
}

/** "I'll call you tomorrow at ten", noted while it is said. */
export function PromiseDialog({ thread, caseId, moved, onClose }: PromiseProps) {
  const client = useQueryClient();
  const [words, setWords] = useState(moved?.text ?? "");
  const [at, setAt] = useState(() => local(soon()));
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setError("");
    const due_at = new Date(at).toISOString();
    try {
      if (moved) await api.movePromise(moved.id, due_at);
      else await api.promise(thread.id, { text: words, due_at, case_id: caseId ?? null, channel: "" });
      say(text.promised(whenDue(due_at)));
      void client.invalidateQueries({ queryKey: keys.promises });
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={moved ? text.movePromise : text.promise} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={text.promiseWhat}
          data-autofocus={moved ? undefined : true}
          required
          readOnly={moved !== undefined}
          maxLength={300}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <div className="quick-times" role="group" aria-label={text.promiseWhen}>
          {quickTimes().map(({ words: label, at: when }) => (
            <Button key={label} onClick={() => setAt(local(when))}>
              {label}
            </Button>
          ))}
        </div>
        <Field
          label={text.promiseWhen}
          type="datetime-local"
          required
          value={at}
          error={error}
          onChange={(event) => setAt(event.target.value)}
        />
        <p className="field-help">{text.promiseHelp}</p>
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {text.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function soon(): Date {
  return new Date(Math.ceil((Date.now() + 3_600_000) / 900_000) * 900_000);
}

function quickTimes(): { words: string; at: Date }[] {
  const day = (ahead: number, hour: number) => {
    const at = new Date();
    at.setDate(at.getDate() + ahead);
    at.setHours(hour, 0, 0, 0);
    return at;
  };
  const all = [
    { words: text.inAnHour, at: soon() },
    { words: text.bySix, at: day(0, 18) },
    { words: text.tomorrowAtTen, at: day(1, 10) },
  ];
  return all.filter((one) => one.at.getTime() > Date.now());
}

/** As the browser's own field wants it: local, to the minute. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
