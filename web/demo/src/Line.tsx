import { useEffect, useRef, useState } from "preact/hooks";
import { type CallView, type Heard, type Key, type PhoneView, ring } from "./phone";

const KEYS = [..."123456789*0#"];

export const talkTime = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/** Calls: rings, is answered, hears, speaks in writing, presses keys, hangs up. */
export function Line({ phone, onDone }: { phone: PhoneView; onDone(): void }) {
  const { call, last } = phone;
  const [problem, setProblem] = useState("");
  const [mine, setMine] = useState<Heard[]>([]);
  const [keypad, setKeypad] = useState(false);
  const begun = call.state === "ringing" || call.state === "calling";
  useEffect(() => {
    if (begun) setMine([]);
  }, [begun]);

  const act = async (key: Key, value = "") => {
    setProblem("");
    try {
      await ring(key, value);
      if (key === "say") setMine((said) => [...said, { sound: "me", text: value, at: new Date().toISOString() }]);
    } catch (reason) {
      setProblem((reason as Error).message);
    }
    onDone();
  };
  return (
    <div class="line">
      <div class="state" role="status">
        <h1>Fern & Fell</h1>
        <p>{words(call)}</p>
        {call.state === "talking" && (
          <>
            <p class="time" role="timer" aria-label="Talk time">
              {talkTime(call.seconds)}
            </p>
            <p class="quiet">{company(call)}</p>
          </>
        )}
        {call.state === "idle" && last && <p class="quiet">{ended(last)}</p>}
      </div>
      <Sounds heard={[...call.heard, ...mine]} keypad={keypad} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {call.state === "talking" && !keypad && <Say onSay={(text) => act("say", text)} />}
      {call.state === "talking" && keypad && (
        <div class="keypad">
          {KEYS.map((key) => (
            <button key={key} type="button" class="plain" onClick={() => act("press", key)}>
              {key}
            </button>
          ))}
        </div>
      )}
      <p class="keys">
        {call.state === "idle" && (
          <button type="button" class="green" onClick={() => act("call")}>
            Call {phone.shop}
          </button>
        )}
        {call.state === "ringing" && <Answer onAnswer={() => act("answer")} onDecline={() => act("decline")} />}
        {call.state === "talking" && (
          <button type="button" class="plain" aria-expanded={keypad} onClick={() => setKeypad(!keypad)}>
            Keypad
          </button>
        )}
        {(call.state === "calling" || call.state === "talking") && (
          <button type="button" class="red" onClick={() => act("hang_up")}>
            Hang up
          </button>
        )}
      </p>
    </div>
  );
}

export const Answer = ({ onAnswer, onDecline }: { onAnswer(): void; onDecline(): void }) => (
  <>
    <button type="button" class="red" onClick={onDecline}>
      Decline
    </button>
    <button type="button" class="green" onClick={onAnswer}>
      Answer
    </button>
  </>
);

function Say({ onSay }: { onSay(text: string): void }) {
  const [text, setText] = useState("");
  const say = (event: Event) => {
    event.preventDefault();
    if (text.trim()) onSay(text.trim());
    setText("");
  };
  return (
    <form class="write" onSubmit={say}>
      <input
        aria-label="Say something"
        placeholder="Say something"
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="main" disabled={!text.trim()}>
        Say
      </button>
    </form>
  );
}

/** The latest stays in sight, also when the keypad takes its room. */
function Sounds({ heard, keypad }: { heard: Heard[]; keypad: boolean }) {
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [heard.length, keypad]);
  const inOrder = heard.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return (
    <ul class="heard" aria-label="What is heard" aria-live="polite" tabIndex={0}>
      {inOrder.map((one) => (
        <li key={`${one.at}${one.text}`} class={one.sound}>
          {sound(one)}
        </li>
      ))}
      <li ref={end} class="end" aria-hidden="true" />
    </ul>
  );
}

function sound(heard: Heard): string {
  switch (heard.sound) {
    case "music":
      return "♪ Music";
    case "file":
      return "♪ A recorded sound";
    case "tone":
      return "A tone";
    case "keys":
      return `Keys ${heard.text}`;
    default:
      return heard.text;
  }
}

function words(call: CallView): string {
  switch (call.state) {
    case "ringing":
      return "is calling";
    case "calling":
      return "Calling";
    case "talking":
      return call.held ? "On hold" : "Connected";
    default:
      return "No call";
  }
}

const company = (call: CallView) =>
  call.with.length ? `With ${call.with.join(" and ")}${call.muted ? ", muted" : ""}` : "Nobody else is on the line yet";

const ended = (last: NonNullable<PhoneView["last"]>) =>
  last.seconds > 0 ? `The last call took ${talkTime(last.seconds)}.` : "The last call was not answered.";
