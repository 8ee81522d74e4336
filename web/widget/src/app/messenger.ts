/** The state of the app and what changes it: the hub's line, the visitor's hands, the host page. */

import type { Conversation, Outgoing } from "./conversation";
import * as conversation from "./conversation";
import { forget, keep, recall, recordKey } from "./device";
import { type Line, openLine } from "./line";
import { type Agent, type Config, HERE, type PublicChanges, type PublicEntry, type Ready, type Said } from "./shapes";

export interface State {
  config: Config;
  talk: Conversation;
  agent: Agent | null;
  /** Who of the team is typing, for a few seconds after the last sign of it. */
  typing: string;
  /** The hub told us where the conversation stands. */
  loaded: boolean;
  connected: boolean;
  /** Connecting takes so long that the visitor should be told. */
  slow: boolean;
  problem: string;
  /** We can answer by email already. */
  emailKnown: boolean;
  unread: number;
  /** What a screen reader should hear: the newest message of the team. */
  announced: string;
  /** Raised when another person begins: what is typed on the screen is not theirs. */
  person: number;
}

const TYPING_SHOWS = 6_000;
const TYPING_EVERY = 3_000;
const TRY_AGAIN = 3_000;
const SLOW_AFTER = 1_000;
const ASK_IDENTITY_EVERY = 30_000;

export class Messenger {
  state: State;
  visitor = "";
  email = "";
  page = "";
  onchange = () => {};
  onmessage = (_mine: boolean) => {};
  onexpired = () => {};

  private sub = "";
  private identity = "";
  private line?: Line;
  private visible = false;
  private sending = false;
  private fetching = false;
  private unseen = new Set<string>();
  private lastRead = 0;
  private lastGot = 0;
  /** What was ever in this tab's outbox: all else in the kept one belongs to other tabs. */
  private own = new Set<string>();
  private typingUntil?: ReturnType<typeof setTimeout>;
  private typedAt = 0;
  /** The visitor wants to be answered by email; an address that only the page filled in waits for their first word. */
  private asked = false;
  private expiredAt = 0;
  private slowAfter?: ReturnType<typeof setTimeout>;

  constructor(
    readonly inbox: string,
    config: Config,
  ) {
    this.state = {
      config,
      talk: conversation.empty,
      agent: null,
      typing: "",
      loaded: false,
      connected: false,
      slow: false,
      problem: "",
      emailKnown: false,
      unread: 0,
      announced: "",
      person: 0,
    };
    this.remember();
    addEventListener("storage", (event) => event.key === recordKey(inbox) && this.otherTab());
    addEventListener("pagehide", () => this.hangUp());
    addEventListener("pageshow", (event) => event.persisted && this.visible && this.dial());
    document.addEventListener("visibilitychange", () => this.looked());
    // One tab at a time takes over what was left unsent by a tab that is gone; without locks, whoever comes.
    const lock = navigator.locks?.request(recordKey(inbox), () => {
      this.adopt();
      return new Promise(() => {});
    });
    lock ? lock.catch(() => this.adopt()) : this.adopt();
  }

  // --- the visitor ---

  show(): void {
    this.visible = true;
    this.dial();
    this.looked();
  }

  /** Without a conversation there is nothing to wait for, so the line is closed. */
  hide(): void {
    this.visible = false;
    if (!this.state.talk.entries.length && !this.state.talk.outbox.length) this.hangUp();
  }

  say(text: string, files: Outgoing["files"]): void {
    const message: Outgoing = {
      client_key: newKey(),
      text,
      files,
      at: new Date().toISOString(),
      state: "waiting",
    };
    this.tell(conversation.say(this.state.talk, message));
    this.keep({ draft: "" });
    this.typing(false);
    this.onmessage(true);
    this.flush();
  }

  retry(key: string): void {
    this.tell(conversation.mark(this.state.talk, key, { state: "waiting", error: undefined }));
    this.flush();
  }

  discard(key: string): void {
    this.tell(conversation.drop(this.state.talk, key));
  }

  typed(text: string): void {
    this.keep({ draft: text, draftAt: Date.now() });
    this.typing(text !== "");
  }

  private typing(on: boolean): void {
    const now = Date.now();
    if (on ? now - this.typedAt < TYPING_EVERY : !this.typedAt) return;
    this.typedAt = on ? now : 0;
    this.line?.tell("typing", { on });
  }

  get draft(): string {
    return recall(this.inbox, this.sub).draft ?? "";
  }

  /** "Answer me by email": said at once if there is somebody to say it to, else with the next message. */
  async answerBy(email: string): Promise<string> {
    this.email = email;
    this.asked = true;
    if (!this.state.talk.entries.length) return "";
    try {
      const answer = await this.line?.ask<{ ok: boolean; error?: string }>("claim", { email });
      if (answer && !answer.ok) return answer.error ?? "";
    } catch {
      return "";
    }
    this.set({ emailKnown: true });
    return "";
  }

  async earlier(): Promise<void> {
    const first = this.state.talk.entries[0];
    if (!first || !this.line) return;
    const page = await this.line.ask<PublicChanges>("before", { id: first.id });
    this.set({ talk: conversation.older(this.state.talk, page) });
  }

  // --- the host page ---

  /** Another person's token starts a clean session; the same person's only renews it. */
  identify(token: string): void {
    const sub = subject(token);
    const other = sub !== this.sub;
    this.identity = token;
    if (other) {
      if (this.sub) forget(this.inbox);
      this.sub = sub;
      this.restart();
    } else if (!this.state.connected) this.redial();
  }

  /** The host signed its user out: nothing of the conversation stays on this device. */
  shutdown(): void {
    this.hangUp();
    forget(this.inbox);
  }

  /** A chat link's token: from now on this device speaks in that conversation. */
  become(visitor: string): void {
    this.sub = "";
    forget(this.inbox);
    keep(this.inbox, "", { visitor });
    this.restart();
  }

  // --- the device ---

  private remember(): void {
    const kept = recall(this.inbox, this.sub);
    this.visitor = kept.visitor ?? "";
  }

  private keep(change: Parameters<typeof keep>[2]): void {
    keep(this.inbox, this.sub, { visitor: this.visitor || undefined, ...change });
  }

  private adopt(): void {
    const left = recall(this.inbox, this.sub).outbox ?? [];
    const talk = left.reduce((held, one) => conversation.say(held, { ...one, state: "waiting" }), this.state.talk);
    if (talk === this.state.talk) return;
    this.tell(talk);
    this.flush();
  }

  /** Another tab of this browser got a visitor, or signed out. */
  private otherTab(): void {
    const { visitor = "" } = recall(this.inbox, this.sub);
    if (nameOf(visitor) !== nameOf(this.visitor) && !this.state.talk.outbox.length) this.restart();
  }

  private restart(): void {
    this.hangUp();
    this.unseen.clear();
    this.own.clear();
    this.email = "";
    this.asked = false;
    this.remember();
    this.set({
      talk: conversation.empty,
      loaded: false,
      emailKnown: false,
      unread: 0,
      agent: null,
      announced: "",
      person: this.state.person + 1,
    });
    this.adopt();
    if (this.visible) this.dial();
  }

  // --- the line ---

  private dial(): void {
    if (this.line) return;
    this.slowAfter = setTimeout(() => this.set({ slow: true }), SLOW_AFTER);
    this.line = openLine(`${location.origin}/socket.io/?EIO=4`, {
      auth: () => ({
        inbox: this.inbox,
        visitor: this.visitor || undefined,
        identity: this.identity || undefined,
        since: this.state.talk.rev || undefined,
      }),
      up: () => {},
      down: () => {
        this.set({ connected: false, typing: "" });
        clearTimeout(this.slowAfter);
        this.slowAfter = setTimeout(() => this.set({ slow: true }), SLOW_AFTER);
      },
      refused: (message, code) => this.refused(message, code),
      event: (name, data) => this.heard(name, data),
    });
  }

  private hangUp(): void {
    clearTimeout(this.slowAfter);
    this.line?.close();
    this.line = undefined;
    this.set({ connected: false, typing: "" });
  }

  private redial(): void {
    this.hangUp();
    if (this.visible) this.dial();
  }

  private refused(message: string, code?: string): void {
    if (code === "token") {
      this.visitor = "";
      forget(this.inbox);
    } else if (code === "identity" && Date.now() - this.expiredAt > ASK_IDENTITY_EVERY) {
      this.expiredAt = Date.now();
      this.onexpired();
    }
    this.set({ problem: code === "token" ? "" : message, slow: true });
  }

  private heard(name: string, data: unknown): void {
    if (name === "ready") this.ready(data as Ready);
    else if (name === "entries") {
      const { since, rev, entries } = data as { since: number; rev: number; entries: PublicEntry[] };
      this.noticed(entries);
      this.tell(conversation.arrived(this.state.talk, since, rev, entries));
    } else if (name === "rev") this.tell(conversation.told(this.state.talk, (data as { rev: number }).rev));
    else if (name === "typing") this.theyType(data as { on: boolean; name: string });
  }

  private ready(now: Ready): void {
    clearTimeout(this.slowAfter);
    if (now.visitor && now.visitor !== this.visitor) {
      this.visitor = now.visitor;
      if (this.state.talk.outbox.length || now.entries.length) this.keep({});
    }
    this.set({
      config: { ...this.state.config, ...now.config },
      agent: now.agent,
      emailKnown: now.email ?? this.state.emailKnown,
      loaded: true,
      connected: true,
      slow: false,
      problem: "",
    });
    if (this.state.talk.rev) this.noticed(now.entries);
    this.lastRead = this.lastGot = 0; // a word that was on its way when the line dropped may be lost
    this.tell(conversation.ready(this.state.talk, now));
    if (this.asked && !now.email) this.line?.tell("claim", { email: this.email });
    this.flush();
  }

  private theyType({ on, name }: { on: boolean; name: string }): void {
    clearTimeout(this.typingUntil);
    this.set({ typing: on ? name : "" });
    if (on) this.typingUntil = setTimeout(() => this.set({ typing: "" }), TYPING_SHOWS);
  }

  /** New words of the team: counted while nobody looks, said aloud to a screen reader. */
  private noticed(entries: PublicEntry[]): void {
    const known = new Set(this.state.talk.entries.map((entry) => entry.id));
    const fresh = entries.filter((entry) => !entry.mine && !known.has(entry.id));
    const last = fresh.at(-1);
    if (!last) return;
    for (const entry of fresh) this.unseen.add(entry.id);
    const agent = this.state.agent?.name === last.author ? this.state.agent : { name: last.author, initials: "" };
    const config = { ...this.state.config, online: true };
    this.set({ agent, config, announced: `${last.author}: ${last.text}`, typing: "" });
    this.onmessage(false);
  }

  /** Sends the outbox, one message at a time and in order; a message leaves it only when the hub has it. */
  private async flush(): Promise<void> {
    if (this.sending || !this.state.connected) return;
    this.sending = true;
    for (;;) {
      const next = this.state.talk.outbox.find((one) => one.state !== "failed");
      if (!next || !this.line || !this.state.connected) break;
      this.tell(conversation.mark(this.state.talk, next.client_key, { state: "sending" }));
      this.keep({});
      const said = await this.ask(next);
      if (said?.ok) {
        if (said.visitor && said.visitor !== this.visitor) {
          this.visitor = said.visitor;
          this.keep({});
        }
        this.tell(conversation.arrived(this.state.talk, said.entry.rev - 1, said.entry.rev, [said.entry]));
      } else if (said && !said.retry) {
        this.tell(conversation.mark(this.state.talk, next.client_key, { state: "failed", error: said.error }));
      } else {
        this.tell(conversation.mark(this.state.talk, next.client_key, { state: "waiting" }));
        setTimeout(() => this.flush(), TRY_AGAIN);
        break;
      }
    }
    this.sending = false;
  }

  private async ask(message: Outgoing): Promise<Said | undefined> {
    try {
      return await this.line?.ask<Said>("say", {
        client_key: message.client_key,
        text: message.text,
        attachments: message.files.map((file) => file.id),
        claims: this.email ? { email: this.email } : undefined,
        page: this.page || undefined,
      });
    } catch {
      return undefined;
    }
  }

  /** Takes the next state of the conversation and does what it asks for: keep, fetch what is missing, say it is read. */
  private tell(talk: Conversation): void {
    const changed = talk.outbox !== this.state.talk.outbox;
    this.set({ talk });
    if (changed) this.keepOutbox();
    if (talk.behind) this.catchUp();
    this.looked();
  }

  /** Files live only in this tab until they are uploaded, so every message here can be sent after a reload. */
  private keepOutbox(): void {
    const mine = this.state.talk.outbox;
    for (const one of mine) this.own.add(one.client_key);
    const others = (recall(this.inbox, this.sub).outbox ?? []).filter((one) => !this.own.has(one.client_key));
    this.keep({ outbox: [...others, ...mine] });
  }

  private async catchUp(): Promise<void> {
    if (this.fetching || !this.line) return;
    this.fetching = true;
    try {
      const changes = await this.line.ask<PublicChanges>("changes", { after: this.state.talk.rev });
      this.fetching = false;
      this.noticed(changes.entries);
      this.tell(conversation.caughtUp(this.state.talk, changes));
      if (!changes.complete) this.redial();
    } catch {
      this.fetching = false;
    }
  }

  private looked(): void {
    const looking = this.visible && !document.hidden;
    if (looking) this.unseen.clear();
    if (this.state.connected) this.acknowledge(looking);
    if (this.unseen.size !== this.state.unread) this.set({ unread: this.unseen.size });
  }

  /** The hub learns that the team's words are on this device, and that somebody had them before their eyes. */
  private acknowledge(looking: boolean): void {
    const { rev, entries } = this.state.talk;
    const arrived = (entry: PublicEntry) => !entry.mine && entry.channel === HERE && entry.state === "sent";
    if (looking && rev > this.lastRead && entries.some((entry) => !entry.mine)) {
      this.lastRead = this.lastGot = rev;
      this.line?.tell("read", { rev });
    } else if (rev > this.lastGot && entries.some(arrived)) {
      this.lastGot = rev;
      this.line?.tell("got", { rev });
    }
  }

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    this.onchange();
  }
}

/** 96 bits, in places without HTTPS too, where there is no `randomUUID`. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join("-");

/** A visitor's token begins with who it is for; the rest changes whenever it is renewed. */
const nameOf = (visitor: string) => visitor.split(".")[0];

/** Whose token it is. The hub proves it; here it only tells people apart. */
function subject(token: string): string {
  try {
    const part = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    return String(JSON.parse(atob(part)).sub);
  } catch {
    return token;
  }
}
