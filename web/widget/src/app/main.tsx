import "../../../shared/tokens.css";
import "./app.css";
import { createRef, render } from "preact";
import { fetchConfig, Refused } from "./api";
import { brand } from "./colour";
import type { Config } from "./shapes";
import { App } from "./ui/App";
import { ChatLink } from "./ui/ChatLink";
import { speak, t } from "./words";

const [, kind, name = ""] = location.pathname.split("/");
const wishes = new URLSearchParams(location.hash.slice(1));
const host = parent === window ? "" : (wishes.get("host") ?? "");
const root = document.getElementById("app") as HTMLElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

let colour = "";

function paint(): void {
  const wish = wishes.get("theme");
  const theme = wish === "dark" || (wish !== "light" && dark.matches) ? "dark" : "light";
  const page = document.documentElement;
  page.dataset.theme = theme;
  page.classList.toggle("framed", host !== "");
  for (const [token, value] of Object.entries(brand(colour, theme))) page.style.setProperty(token, value);
}

/** Paints with the configuration alone while line and conversation are still on their way. */
async function open(inbox: string, straight = false, visitor?: string): Promise<void> {
  const loading = import("./rest");
  const config = await fetchConfig(inbox).catch((reason): Config | undefined =>
    reason instanceof Refused && reason.status === 404 ? undefined : { name: "" },
  );
  await speak([wishes.get("lang") || undefined, ...navigator.languages, config?.lang]);
  document.title = config?.name || t("messenger");
  root.replaceChildren();
  if (!config) {
    const sorry = (
      <main class="alone">
        <h1>{t("no_inbox")}</h1>
      </main>
    );
    return render(sorry, root);
  }
  colour = config.colour ?? "";
  paint();

  const app = createRef<App>();
  const close = host ? () => parent.postMessage({ onethread: 1, type: "close" }, host) : undefined;
  render(<App hold={app} config={config} straight={straight} onClose={close} />, root);
  if (close) addEventListener("keydown", (event) => event.key === "Escape" && close());

  const { Messenger, Talk, joinHost } = await loading;
  const m = new Messenger(inbox, config);
  if (visitor) m.become(visitor);
  app.current?.complete({ m, Talk });
  if (host) joinHost(host, m, app.current as App);
  else {
    m.show();
    app.current?.focus();
  }
}

async function invite(token: string): Promise<void> {
  await speak([wishes.get("lang") || undefined, ...navigator.languages]);
  document.title = t("link_title");
  const opened = (inbox: string, visitor?: string) => {
    history.replaceState(null, "", `/chat/${encodeURIComponent(inbox)}`);
    render(null, root);
    open(inbox, true, visitor);
  };
  root.replaceChildren();
  render(<ChatLink token={token} onOpen={opened} />, root);
}

paint();
dark.addEventListener("change", paint);
if (kind === "c") invite(decodeURIComponent(name));
else open(decodeURIComponent(name));
