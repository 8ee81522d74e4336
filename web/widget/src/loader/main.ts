/** The loader: draws the launcher, opens the app in a frame, and passes words between page and app. */
import { type ToApp, type ToHost, VERSION } from "../bridge";
import { style } from "./style";

type Options = Partial<Record<"inbox" | "lang" | "theme" | "position" | "offset" | "launcher" | "openOn", string>>;
type Token = string | (() => string | Promise<string>);

const CHAT = "M3 16.3a2 2 0 0 1 .1 1.2l-1.1 3.3a1 1 0 0 0 1.2 1.2l3.4-1a2 2 0 0 1 1.1.1 10 10 0 1 0-4.8-4.7";
const DOWN = "m6 9 6 6 6-6";

const tag = document.currentScript as HTMLScriptElement;
const hub = new URL(tag.src).origin;
const events = new EventTarget();
let stop = () => {};
let send = (_: ToApp) => {};
let toggle = (_: boolean) => {};
let prepare = () => {};
let token: Token | undefined;

const emit = (name: string, detail?: unknown) => events.dispatchEvent(new CustomEvent(name, { detail }));

async function identify(next: Token): Promise<void> {
  token = next;
  send({ type: "identify", token: typeof next === "function" ? await next() : next });
}

const make = (name: string, props = {}) => Object.assign(document.createElement(name), props);
const draw = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);

function load(options: Options): void {
  stop();
  const off = new AbortController();
  const host = make("onethread-messenger", { role: "region", ariaLabel: "Messenger" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];
  const [x, y = x] = (options.offset ?? "20").split(",");
  host.style.cssText = `--y:${y}px;--x:${options.position === "start" ? `${x}px auto` : `auto ${x}px`}`;

  const path = draw("path");
  const icon = draw("svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.append(path);
  const badge = make("b");
  const button = make("button");
  button.append(icon, badge);
  const panel = make("div", { role: "dialog", ariaLabel: "Messenger" });
  shadow.append(button, panel);

  const address = `${hub}/chat/${options.inbox}`;
  // Until the app is there and tells them in the visitor's language.
  let words = ["Open messenger", "Close messenger", "unread"];
  let frame: (HTMLElement & { contentWindow?: Window }) | undefined;
  let waiting: ToApp[] | undefined = [];
  let shown = false;
  let unread = 0;
  let blocked = false;

  send = (message) =>
    waiting ? waiting.push(message) : frame?.contentWindow?.postMessage({ onethread: VERSION, ...message }, hub);

  const update = () => {
    path.setAttribute("d", shown ? DOWN : CHAT);
    badge.textContent = unread > 9 ? "9+" : `${unread}`;
    badge.hidden = !unread || shown;
    button.hidden = options.launcher === "none";
    button.ariaLabel = words[+shown] + (unread ? `, ${unread} ${words[2]}` : "");
    button.ariaExpanded = `${shown}`;
    panel.hidden = !shown;
  };

  prepare = () => {
    if (frame || blocked) return;
    const wishes = new URLSearchParams({ ...options, host: location.origin });
    frame = make("iframe", { title: "Messenger", src: `${address}#${wishes}` });
    panel.append(frame);
  };

  toggle = (show) => {
    if (blocked && show) open(address);
    if (blocked || show === shown) return;
    shown = show;
    if (show) prepare();
    const modal = show && innerWidth < 480;
    send({ type: show ? "open" : "close", page: location.href });
    // On a phone the panel is the whole screen, so the page behind it neither scrolls nor takes the focus.
    document.body.inert = modal;
    document.body.style.overflow = modal ? "hidden" : "";
    update();
    (show ? frame : button)?.focus();
    emit(show ? "open" : "close");
  };
  button.onclick = () => toggle(!shown);
  button.onpointerenter = button.onfocus = prepare;
  host.onkeydown = ({ key }) => {
    if (key === "Escape") toggle(false);
  };

  const on = (target: EventTarget, name: string, heard: (event: never) => void) =>
    target.addEventListener(name, heard as EventListener, { signal: off.signal });
  on(document, "click", (event: MouseEvent) => {
    if (options.openOn && (event.target as Element).closest(options.openOn)) toggle(true);
  });
  on(document, "securitypolicyviolation", ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
    // Of another origin's address the browser tells the origin only.
    if (effectiveDirective !== "frame-src" || !blockedURI.startsWith(hub)) return;
    if (shown) open(address);
    toggle(false);
    blocked = true;
  });
  on(window, "message", ({ data, origin, source }: MessageEvent<ToHost & { onethread: number }>) => {
    if (origin !== hub || source !== frame?.contentWindow || data?.onethread !== VERSION) return;
    if (data.type === "ready") {
      const queued = waiting;
      waiting = undefined;
      queued?.forEach(send);
      words = data.words;
    } else if (data.type === "close") toggle(false);
    else if (data.type === "unread") unread = data.count;
    else if (data.type === "expired" && typeof token === "function") identify(token);
    else if (data.type === "bye") return stop();
    update();
    emit(data.type, data);
  });

  stop = () => {
    toggle(false);
    off.abort();
    host.remove();
    stop = prepare = send = toggle = () => {};
  };
  update();
  document.documentElement.append(host);
  if (location.hash === "#chat") toggle(true);

  fetch(`${hub}/widget/config/${options.inbox}`)
    .then((answer) => answer.json())
    .then(({ colour }) => host.style.setProperty("--c", colour))
    .catch(() => {});
}

const Onethread = {
  load,
  open: () => toggle(true),
  close: () => toggle(false),
  identify,
  prefill: (words: { text?: string; email?: string }) => send({ type: "prefill", ...words }),
  on: (name: string, listener: (event: Event) => void) => events.addEventListener(name, listener),
  /** What this device keeps of the conversation goes too, though the app was never opened on this page. */
  shutdown() {
    token = undefined;
    prepare();
    send({ type: "shutdown" });
  },
};

const page = window as unknown as { Onethread?: typeof Onethread };
if (!page.Onethread) {
  page.Onethread = Onethread;
  if (tag.dataset.inbox) (window.requestIdleCallback ?? setTimeout)(() => load(tag.dataset));
}
