/** The host page's side of the app, when it lives in the loader's iframe. Only the origin named in the address is heard. */
import { type ToApp, type ToHost, VERSION } from "../bridge";
import type { Messenger } from "./messenger";
import type { App } from "./ui/App";
import { t } from "./words";

export function joinHost(host: string, m: Messenger, app: App): void {
  const tell = (message: ToHost) => parent.postMessage({ onethread: VERSION, ...message }, host);
  let unread = 0;
  const draw = m.onchange;
  m.onchange = () => {
    draw();
    if (unread === m.state.unread) return;
    unread = m.state.unread;
    tell({ type: "unread", count: unread });
  };
  m.onmessage = (mine) => tell({ type: "message", mine });
  m.onexpired = () => tell({ type: "expired" });

  const heard = (message: ToApp) => {
    if (message.type === "open") {
      m.page = message.page;
      m.show();
      app.focus();
    } else if (message.type === "close") m.hide();
    else if (message.type === "identify") m.identify(message.token);
    else if (message.type === "prefill") {
      if (message.email) m.email = message.email;
      if (message.text) app.prefill(message.text);
    } else if (message.type === "shutdown") {
      m.shutdown();
      tell({ type: "bye" });
    }
  };
  addEventListener("message", (event) => {
    if (event.origin !== host || event.source !== parent) return;
    const message = checked(event.data);
    if (message) heard(message);
  });
  tell({ type: "ready", words: [t("open_messenger"), t("close_messenger"), t("unread")] });
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

function checked(data: unknown): ToApp | undefined {
  if (!data || typeof data !== "object") return undefined;
  const { onethread, type, ...rest } = data as Record<string, unknown>;
  if (onethread !== VERSION) return undefined;
  if (type === "open" || type === "close") return { type, page: text(rest.page) };
  if (type === "shutdown") return { type };
  if (type === "identify") return { type, token: text(rest.token) };
  if (type === "prefill") return { type, text: text(rest.text), email: text(rest.email) };
  return undefined;
}
