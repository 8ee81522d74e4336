import { useEffect, useRef, useState } from "preact/hooks";
import { format } from "../../widget/src/app/format";
import { encode } from "./api";
import { type Said, touch, write } from "./phone";

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const HEART = "❤";

interface Props {
  app: "sms" | "instagram";
  said: Said[];
  typing: boolean;
  shop: string;
  onDone(): void;
}

/** A conversation with the shop, by text message or on Instagram. */
export function Talk({ app, said, typing, shop, onDone }: Props) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [said.length, typing]);

  const doing = async (what: Promise<unknown>) => {
    setBusy(true);
    setProblem("");
    try {
      await what;
      return true;
    } catch (reason) {
      setProblem((reason as Error).message);
      return false;
    } finally {
      setBusy(false);
      onDone();
    }
  };
  const send = async (event: Event) => {
    event.preventDefault();
    if (text.trim() && !busy && (await doing(write(app, text.trim())))) setText("");
  };
  const picture = async (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const file = input.files?.[0];
    if (file) await doing(encode(file).then((encoded) => write(app, "", encoded)));
    input.value = "";
  };
  const name = app === "sms" ? "Text message" : "Message";
  return (
    <>
      <h1>
        Fern & Fell <span class="quiet">{shop}</span>
      </h1>
      <div class="talk" role="log" aria-label={app === "sms" ? "Text messages" : "Instagram messages"} tabIndex={0}>
        {said.length === 0 && (
          <p class="quiet mid">
            {app === "sms"
              ? "Text the shop: it arrives in the console as SMS."
              : "Write to the shop on Instagram, where nobody knows who you are."}
          </p>
        )}
        {said.map((one) => (
          <Bubble key={one.id} one={one} app={app} act={doing} />
        ))}
        {typing && <p class="quiet typing">Fern & Fell is typing</p>}
        <div ref={end} />
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <form class="write" onSubmit={send}>
        <label class="pick">
          <span class="glyph picture" aria-hidden="true" />
          <span class="hidden">Send a picture</span>
          <input type="file" accept="image/*" onChange={picture} />
        </label>
        <input
          aria-label={name}
          placeholder={name}
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="main" disabled={busy || !text.trim()}>
          Send
        </button>
      </form>
    </>
  );
}

interface BubbleProps {
  one: Said;
  app: "sms" | "instagram";
  act(what: Promise<unknown>): Promise<boolean>;
}

function Bubble({ one, app, act }: BubbleProps) {
  const liked = one.reaction === HEART;
  return (
    <article class={one.mine ? "said mine" : "said"} aria-label={one.mine ? "You" : "Fern & Fell"}>
      {one.removed ? (
        <p class="bubble gone">Unsent</p>
      ) : (
        <div class="bubble" dir="auto">
          {one.files.map((file) => (
            <img key={file} src={file} alt="Attached" />
          ))}
          {one.about && <span class="about">{one.about}</span>}
          {one.text && format(one.text)}
          {one.reaction && <span class="reaction">{one.reaction}</span>}
        </div>
      )}
      {one.choices && one.choices.length > 0 && (
        <p class="choices">
          {one.choices.map((title) => (
            <button key={title} type="button" class="plain" onClick={() => act(touch("pick", one.id, title))}>
              {title}
            </button>
          ))}
        </p>
      )}
      <footer>
        <time dateTime={one.at}>{clock.format(new Date(one.at))}</time>
        {app === "instagram" && !one.removed && (
          <button
            type="button"
            onClick={() =>
              act(one.mine ? touch("unsend", one.id) : touch(liked ? "unreact" : "react", one.id, liked ? "" : HEART))
            }
          >
            {one.mine ? "Unsend" : liked ? "Take the heart back" : "Like"}
          </button>
        )}
      </footer>
    </article>
  );
}
