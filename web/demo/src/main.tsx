import "../../shared/tokens.css";
import "./demo.css";
import "./phone.css";
import { render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { type DemoConfig, fetchConfig } from "./api";
import { Answer } from "./Line";
import { useMails, usePhone } from "./live";
import { Mailbox } from "./Mailbox";
import { Phone } from "./Phone";
import { type App, ring } from "./phone";
import { Shop } from "./Shop";
import { Story } from "./Story";

type Place = "shop" | "mail" | App;
const PLACES: Place[] = ["shop", "mail", "sms", "instagram", "call"];
const isApp = (place: Place): place is App => place !== "shop" && place !== "mail";

function startPlace(): Place {
  const asked = location.hash.slice(1) as Place;
  return PLACES.includes(asked) ? asked : "shop";
}

/** The customer's side of the demo: a shop with the messenger on it, the customer's mailbox and her phone. */
function Demo({ config }: { config: DemoConfig }) {
  const [place, setPlace] = useState(startPlace);
  const [app, setApp] = useState<App>(isApp(place) ? place : "sms");
  const [me, setMe] = useState(config.me);
  const [seen, setSeen] = useState({ mail: 0, sms: 0 });
  const { mails, problem } = useMails(me.email);
  const { phone, look } = usePhone();
  const texts = phone?.sms.filter((one) => !one.mine).length ?? 0;

  useEffect(() => {
    if (place === "mail") setSeen((was) => ({ ...was, mail: mails.length }));
    if (place === "sms") setSeen((was) => ({ ...was, sms: texts }));
  }, [place, mails.length, texts]);
  useEffect(() => {
    const follow = () => setPlace(startPlace());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  const go = useCallback((next: string) => {
    history.replaceState(null, "", next === "shop" ? "#" : `#${next}`);
    setPlace(next as Place);
    if (isApp(next as Place)) setApp(next as App);
  }, []);
  const pick = async (key: "answer" | "decline") => {
    go("call");
    await ring(key).catch(() => undefined);
    look();
  };
  const rings = phone?.call.state === "ringing";
  const fresh = { sms: Math.max(0, texts - seen.sms), instagram: phone?.unread ?? 0, call: rings ? 1 : 0 };
  const tab = (name: string, here: boolean, count: number, next: string) => (
    <button type="button" aria-current={here ? "page" : undefined} onClick={() => go(next)}>
      {name}
      {count > 0 && !here && (
        <b class="fresh">
          {count}
          <span class="hidden"> new</span>
        </b>
      )}
    </button>
  );
  return (
    <>
      <header class="top">
        <strong class="logo">
          <span aria-hidden="true">F</span>
          <span class="name">Fern & Fell</span>
        </strong>
        <nav aria-label="Pages">
          {tab("Shop", place === "shop", 0, "shop")}
          {tab("My mailbox", place === "mail", mails.length - seen.mail, "mail")}
          {tab("My phone", isApp(place), fresh.sms + fresh.instagram + fresh.call, app)}
        </nav>
      </header>
      {problem && (
        <p class="problem" role="status">
          {problem}
        </p>
      )}
      {rings && place !== "call" && (
        <div class="rings" role="alert">
          <span>
            <b>Fern & Fell</b> is calling your phone
          </span>
          <Answer onAnswer={() => pick("answer")} onDecline={() => pick("decline")} />
        </div>
      )}
      <div class="both">
        <Story config={config} onGo={go} />
        {place === "shop" ? (
          <Shop onMail={() => go("mail")} />
        ) : place === "mail" ? (
          <Mailbox config={config} mails={mails} me={me} onMe={setMe} />
        ) : (
          phone && <Phone phone={phone} app={place} fresh={fresh} onApp={go} onDone={look} />
        )}
      </div>
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
