import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import type { Call, Disposition } from "../api/types";
import { callsChanged } from "../live/calls";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { complain } from "../ui/toast";
import { partner } from "./bar";
import { clock, text } from "./messages";
import { CallNote, forget, useNote } from "./note";

interface WrapUpProps {
  call: Call;
  dispositions: Disposition[];
  /** Missing where it must be said before the next call. */
  onLater: (() => void) | undefined;
}

/** After the call: how it went, in one choice. */
export function WrapUp({ call, dispositions, onLater }: WrapUpProps) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState(call.disposition);
  const note = useNote(call);
  const [at, setAt] = useState("");
  const [busy, setBusy] = useState(false);
  const who = partner(call);
  const follows = dispositions.find((one) => one.key === chosen)?.follow_up;
  const finish = async () => {
    setBusy(true);
    try {
      await api.wrapUp(call.id, {
        disposition: chosen,
        note,
        follow_up: follows && at ? { at: new Date(at).toISOString() } : null,
      });
      forget(call.id);
      callsChanged(client);
    } catch (error) {
      complain(text.finishFailed, error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="call-wrap" aria-label={text.wrapUp}>
      <header>
        <Icon name="phone" size="s" />
        <b className="ellipsis">{text.wrapUpOf(who.name || who.address)}</b>
        <span className="quiet">{call.end_reason_text}</span>
        <span className="quiet">{clock(call.talk_s)}</span>
      </header>
      <fieldset className="call-dispositions">
        <legend className="field-label">{text.wrapUp}</legend>
        {dispositions.map((one) => (
          <label key={one.key} className="chip chip-line">
            <input
              type="radio"
              name={`disposition-${call.id}`}
              value={one.key}
              checked={chosen === one.key}
              onChange={() => setChosen(one.key)}
            />
            {one.label}
          </label>
        ))}
      </fieldset>
      {follows && (
        <label className="field">
          <span className="field-label">{text.followUp}</span>
          <input className="input" type="datetime-local" value={at} onChange={(event) => setAt(event.target.value)} />
        </label>
      )}
      <CallNote call={call} />
      <div className="form-end">
        {onLater && <Button onClick={onLater}>{text.later}</Button>}
        <Button
          look="primary"
          busy={busy}
          aria-disabled={!chosen}
          title={chosen ? undefined : text.required}
          onClick={() => chosen && void finish()}
        >
          {text.finish}
        </Button>
      </div>
    </section>
  );
}
