import "../../shared/tokens.css";
import "./demo.css";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type DemoConfig, fetchConfig, fetchMails, type Mail } from "./api";
import { Mailbox } from "./Mailbox";
import { Shop } from "./Shop";

const REFRESH = 2000;

/** The customer's side of the demo: a shop with the messenger on it, and the customer's mailbox. */
function Demo({ config }: { config: DemoConfig }) {
  const [place, setPlace] = useState<"shop" | "mail">(location.hash === "#mail" ? "mail" : "shop");
  const [mails, setMails] = useState<Mail[]>([]);
  const [seen, setSeen] = useState(0);
  const [problem, setProblem] = useState("");
  const [me, setMe] = useState(config.me);

  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const refresh = async () => {
      try {
        if (!document.hidden) {
          const found = await fetchMails(me.email);
          if (stopped) return;
          setMails(found);
        }
        setProblem("");
      } catch {
        setProblem("The hub does not answer. This page tries again by itself.");
      }
      timer = setTimeout(refresh, REFRESH);
    };
    refresh();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [me.email]);
  useEffect(() => {
    if (place === "mail") setSeen(mails.length);
  }, [place, mails.length]);

  const go = (next: "shop" | "mail") => {
    history.replaceState(null, "", next === "mail" ? "#mail" : "#");
    setPlace(next);
  };
  const fresh = mails.length - seen;
  return (
    <>
      <header class="top">
        <strong class="logo">
          <span aria-hidden="true">F</span>Fern & Fell
        </strong>
        <nav aria-label="Pages">
          <button type="button" aria-current={place === "shop" ? "page" : undefined} onClick={() => go("shop")}>
            Shop
          </button>
          <button type="button" aria-current={place === "mail" ? "page" : undefined} onClick={() => go("mail")}>
            My mailbox{fresh > 0 && place !== "mail" && <b class="fresh">{fresh}</b>}
          </button>
        </nav>
      </header>
      <aside class="play" aria-label="About this page">
        You play the customer. Write in the chat below, or by email to <b>{config.support}</b>.
        {config.console && (
          <>
            {" "}
            The agent answers in the{" "}
            <a href={config.console} target="_blank" rel="noopener">
              console
            </a>
            .
          </>
        )}
      </aside>
      {problem && (
        <p class="problem" role="status">
          {problem}
        </p>
      )}
      {place === "shop" ? (
        <Shop onMail={() => go("mail")} />
      ) : (
        <Mailbox config={config} mails={mails} me={me} onMe={setMe} />
      )}
    </>
  );
}

/** The one tag that any site would put into its page. */
function addMessenger(inbox: string): void {
  const tag = document.createElement("script");
  tag.src = "/w.js";
  tag.async = true;
  tag.dataset.inbox = inbox;
  tag.dataset.openOn = "[data-help]";
  document.body.append(tag);
}

const root = document.getElementById("app") as HTMLElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => {
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
};
paint();
dark.addEventListener("change", paint);

fetchConfig().then(
  (config) => {
    render(<Demo config={config} />, root);
    if (config.inbox) addMessenger(config.inbox);
  },
  (reason: Error) => render(<p class="problem">The demo is not running: {reason.message}</p>, root),
);
