import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../api/endpoints";
import type { Call, MyCalls, Ringing } from "../api/types";
import { useDo, useMyCalls, useRinging, useSince } from "../live/calls";
import { Button, IconButton } from "../ui/button";
import { useCommands } from "../ui/commands";
import { Icon } from "../ui/icon";
import { Popover } from "../ui/popover";
import { say } from "../ui/toast";
import { clock, text } from "./messages";
import { CallNote } from "./note";
import { usePhone } from "./phone";
import { TransferPicker } from "./transfer";
import { WrapUp } from "./wrap-up";
import "./calls.css";

const TWICE_MS = 2000;
/** Until then the line belongs to the first list. */
const AFTER_FIRST_PAINT_MS = 1000;

/** Over all columns, and only when the telephone has something to say. */
export function CallBar() {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPainted(true), AFTER_FIRST_PAINT_MS);
    return () => clearTimeout(timer);
  }, []);
  return painted && <Bar />;
}

function Bar() {
  const mine = useMyCalls();
  const ringing = useRinging();
  const phone = usePhone(Boolean(mine?.current.length || ringing.length));
  const call = mine?.current[0];
  return (
    <>
      {phone.problem && (
        <div className="call-bar call-trouble" role="alert">
          <Icon name="triangle-alert" size="s" />
          {phone.problem}
        </div>
      )}
      {ringing.map((one) => (
        <Incoming key={one.call.id} ringing={one} browser={one.call.features.browser && phone.usable} />
      ))}
      {call ? <Live key={call.id} call={call} /> : mine && <WrapUps mine={mine} />}
    </>
  );
}

function WrapUps({ mine }: { mine: MyCalls }) {
  const [put, setPut] = useState<ReadonlySet<string>>(new Set());
  const call = mine.wrap_up.find((one) => !put.has(one.id));
  if (!call) return null;
  return (
    <WrapUp
      key={call.id}
      call={call}
      dispositions={mine.dispositions}
      onLater={mine.wrap_up_required ? undefined : () => setPut(new Set([...put, call.id]))}
    />
  );
}

export function partner(call: Call): { name: string; address: string } {
  return call.direction === "in" ? call.from : call.to;
}

function Incoming({ ringing, browser }: { ringing: Ringing; browser: boolean }) {
  const { call } = ringing;
  const [, go] = useLocation();
  const act = useDo();
  const since = useSince(call.ringing_at ?? call.created_at);
  const name = ringing.customer.name || partner(call).address;
  useTitle(text.ringingTitle(name));
  const answer = () =>
    void act(call, (id) => api.answerCall(id, browser ? "browser" : "phone"), text.answerFailed).then(
      (worked) => worked && !isWriting() && go(`/inbox/all/${call.thread_id}`),
    );
  useCommands([{ id: "answer", label: text.answer, keys: ["F8"], group: "Phone", run: answer }]);
  return (
    <section className="call-bar call-incoming" aria-label={text.incoming}>
      <span className="call-said" role="alert">
        {text.ringingTitle(name)}
      </span>
      <span className="call-sign ch-call">
        <Icon name="phone" size="s" />
      </span>
      <bdi className="call-who ellipsis">{name}</bdi>
      <bdi className="quiet not-phone">{partner(call).address === name ? "" : partner(call).address}</bdi>
      {!call.attested && (
        <span className="chip chip-warn not-phone" title={text.unattested}>
          <Icon name="shield-alert" size="xs" />
          <span className="call-said">{text.unattested}</span>
        </span>
      )}
      <span className="quiet ellipsis not-phone">{[ringing.queue, ringing.why].filter(Boolean).join(" · ")}</span>
      <span className="call-time quiet">{clock(since)}</span>
      <div className="call-acts">
        <Button
          look="plain"
          icon="panel-right"
          className="not-phone"
          onClick={() => go(`/inbox/all/${call.thread_id}`)}
        >
          {text.open}
        </Button>
        <Button look="plain" icon="x" onClick={() => void act(call, api.declineCall, text.declineFailed)}>
          {text.decline}
        </Button>
        <Button icon="phone" hint="F8" className="call-answer" onClick={answer}>
          {text.answer}
        </Button>
      </div>
    </section>
  );
}

function Live({ call }: { call: Call }) {
  const [, go] = useLocation();
  const act = useDo();
  const own = call.legs.find((leg) => leg.agent_id === call.agent_id && leg.state !== "ended");
  const talking = call.state === "active" || call.state === "held";
  const held = call.state === "held";
  const since = useSince(talking ? call.answered_at : (call.ringing_at ?? call.created_at));
  const name = partner(call).name || partner(call).address;
  const muted = own?.muted ?? false;
  const mute = () => void act(call, muted ? api.unmuteCall : api.muteCall);
  const hold = () => void act(call, held ? api.resumeCall : api.holdCall);
  const end = () => void act(call, api.hangUp);
  const endTwice = useTwice(end);
  useCommands([
    ...(call.features.mute && talking
      ? [{ id: "mute", label: muted ? text.unmute : text.mute, keys: ["F8"], group: "Phone", run: mute }]
      : []),
    ...(call.features.hold && talking
      ? [{ id: "hold", label: held ? text.resume : text.hold, keys: ["F9"], group: "Phone", run: hold }]
      : []),
    { id: "end-call", label: text.end, keys: ["Shift+F9"], group: "Phone", run: endTwice },
  ]);
  const can = call.features;
  return (
    <section className="call-bar" aria-label={text.phone} data-state={call.state}>
      <span className={call.state === "held" ? "call-dot is-held" : talking ? "call-dot" : "call-dot is-ringing"} />
      <button type="button" className="call-who ellipsis" onClick={() => go(`/inbox/all/${call.thread_id}`)}>
        <bdi>{name}</bdi>
      </button>
      <bdi className="quiet not-phone">{partner(call).address === name ? "" : partner(call).address}</bdi>
      <span className="call-time">
        {text.states[call.state]} {clock(since)}
      </span>
      <span className="call-facts ellipsis not-phone" aria-live="polite">
        <Facts call={call} name={name} />
      </span>
      <div className="call-acts">
        {talking && (
          <>
            {can.mute && (
              <Button look={muted ? "outline" : "plain"} hint="F8" onClick={mute}>
                {muted ? text.unmute : text.mute}
              </Button>
            )}
            {can.hold && (
              <Button look="plain" hint="F9" onClick={hold}>
                {held ? text.resume : text.hold}
              </Button>
            )}
            {can.keypad && <Keypad call={call} />}
            {can.record && <Recorder call={call} />}
            {can.transfer && <Transfers call={call} />}
          </>
        )}
        <NoteButton call={call} />
        {call.answered_by.startsWith("machine") && can.voicemail_drop && (
          <Button look="plain" onClick={() => void act(call, (id) => api.dropVoicemail(id, ""))}>
            {text.drop}
          </Button>
        )}
        <Button icon="phone" className="call-end" onClick={end}>
          {talking ? text.end : text.cancel}
        </Button>
      </div>
    </section>
  );
}

function Facts({ call, name }: { call: Call; name: string }) {
  if (call.problem) return <span className="bad">{call.problem}</span>;
  if (call.transfer) return <>{text.transferring(call.transfer.name || call.transfer.phone)}</>;
  if (call.state === "held") return <>{text.hears(name)}</>;
  if (call.answered_by.startsWith("machine")) return <>{text.machine}</>;
  const { state, consent } = call.recording;
  if (state === "on") return <span className="call-recording">{`${text.recording} · ${text.consent[consent]}`}</span>;
  return state === "paused" ? text.paused : null;
}

function Keypad({ call }: { call: Call }) {
  const act = useDo();
  const at = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button ref={at} look="plain" aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        {text.keypad}
      </Button>
      {open && (
        <Popover anchor={at} label={text.keypad} align="end" className="keypad" onClose={() => setOpen(false)}>
          {[..."123456789*0#"].map((digit) => (
            <Button
              key={digit}
              aria-label={text.keyOf(digit)}
              onClick={() => void act(call, (id) => api.pressKeys(id, digit))}
            >
              {digit}
            </Button>
          ))}
        </Popover>
      )}
    </>
  );
}

function Recorder({ call }: { call: Call }) {
  const act = useDo();
  const { state, consent } = call.recording;
  const record = (what: "start" | "pause" | "resume") => void act(call, (id) => api.recordCall(id, what));
  if (consent === "never") return null;
  if (state === "on") {
    if (!call.features.pause) return null;
    return <IconButton icon="pause" label={text.pause} className="not-phone" onClick={() => record("pause")} />;
  }
  if (state === "paused") {
    return (
      <Button look="plain" className="not-phone" onClick={() => record("resume")}>
        {text.resumeRecord}
      </Button>
    );
  }
  return (
    <Button look="plain" className="not-phone" onClick={() => record("start")}>
      {text.record}
    </Button>
  );
}

function Transfers({ call }: { call: Call }) {
  const act = useDo();
  const at = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  if (call.transfer?.kind === "warm") {
    const change = (what: "swap" | "complete" | "cancel") => void act(call, (id) => api.changeTransfer(id, what));
    return (
      <>
        <Button look="plain" onClick={() => change("swap")}>
          {text.swap}
        </Button>
        <Button look="plain" onClick={() => change("cancel")}>
          {text.cancel}
        </Button>
        <Button look="primary" onClick={() => change("complete")}>
          {text.complete}
        </Button>
      </>
    );
  }
  return (
    <>
      <Button ref={at} look="plain" aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        {text.transfer}
      </Button>
      {open && (
        <Popover anchor={at} label={text.transfer} align="end" className="call-popover" onClose={() => setOpen(false)}>
          <TransferPicker call={call} onDone={() => setOpen(false)} />
        </Popover>
      )}
    </>
  );
}

function NoteButton({ call }: { call: Call }) {
  const at = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button ref={at} look="plain" icon="lock" aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        {text.note}
      </Button>
      {open && (
        <Popover anchor={at} label={text.note} align="end" className="call-popover" onClose={() => setOpen(false)}>
          <CallNote call={call} />
        </Popover>
      )}
    </>
  );
}

/** Whoever is in the middle of an answer to somebody else keeps it before the eyes. */
function isWriting(): boolean {
  return [...document.querySelectorAll("textarea")].some((area) => area.value.trim());
}

/** A key that ends a call must be meant: it is pressed twice. */
function useTwice(run: () => void): () => void {
  const before = useRef(0);
  return () => {
    const now = Date.now();
    if (now - before.current < TWICE_MS) run();
    else say(text.endHint, undefined, TWICE_MS);
    before.current = now;
  };
}

/** Over the title of the page, whenever that changes; what it was last comes back. */
function useTitle(title: string): void {
  const before = useRef("");
  useEffect(() => {
    if (document.title === title) return;
    before.current = document.title;
    document.title = title;
  });
  useEffect(
    () => () => {
      document.title = before.current;
    },
    [],
  );
}
