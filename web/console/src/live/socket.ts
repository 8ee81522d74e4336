import type { QueryClient } from "@tanstack/react-query";
import { io, type Socket } from "socket.io-client";
import type { AgentRef, Entry } from "../api/types";
import { createStore, useStore } from "../ui/store";
import { callsChanged } from "./calls";
import { Healer } from "./heal";
import { heardPresence, heardTyping, type Typing } from "./presence";

export type Connection = { state: "live" } | { state: "catching-up" } | { state: "offline"; since: number };

interface FromHub {
  thread: (said: { thread: string; rev: number; entries: Entry[]; cases?: string[] }) => void;
  cases: (said: { cases: string[]; threads: { thread: string; rev: number }[] }) => void;
  typing: (said: Typing) => void;
  presence: (said: { thread: string; visitor_online: boolean; agents: AgentRef[] }) => void;
  revs: (said: { threads: { thread: string; rev: number }[] }) => void;
  inboxes: () => void;
  ringing: () => void;
  ringing_over: () => void;
  call: () => void;
  signed_out: (said: { reason: string }) => void;
}

interface ToHub {
  open: (what: { thread: string }, ack: (answer: { ok: boolean; rev?: number }) => void) => void;
  close: (what: { thread: string }) => void;
  typing: (what: { thread: string; on: boolean; note: boolean }) => void;
}

/** The hub speaks every 20 s; twice nothing means that the line is dead although nobody said so. */
const SILENCE_MS = 45_000;
const CATCH_UP_SHOWN_MS = 300;

const connection = createStore<Connection>({ state: "catching-up" });
const reconnected = new Set<() => void>();
const open = new Map<string, number>();
let socket: Socket<FromHub, ToHub> | undefined;

export function useConnection(): Connection {
  return useStore(connection, (now) => now);
}

/** Runs whenever the line is back and the screens have caught up. */
export function onLive(run: () => void): () => void {
  reconnected.add(run);
  return () => reconnected.delete(run);
}

/** Keep a thread up to date as long as it is on the screen. */
export function follow(thread: string): () => void {
  open.set(thread, (open.get(thread) ?? 0) + 1);
  if (open.get(thread) === 1) join(thread);
  return () => {
    const left = (open.get(thread) ?? 1) - 1;
    if (left) open.set(thread, left);
    else {
      open.delete(thread);
      socket?.emit("close", { thread });
    }
  };
}

export function sayTyping(thread: string, on: boolean, note: boolean): void {
  if (socket?.connected) socket.emit("typing", { thread, on, note });
}

let healer: Healer | undefined;

function join(thread: string): void {
  if (!socket?.connected) return;
  socket.emit("open", { thread }, (answer) => {
    if (answer.ok && answer.rev !== undefined) void healer?.upTo(thread, answer.rev);
  });
}

export function connect(client: QueryClient, signedOut: () => void): () => void {
  const cure = new Healer(client, (thread) => open.has(thread));
  healer = cure;
  const line: Socket<FromHub, ToHub> = io("/agent", {
    transports: ["websocket", "polling"],
    reconnectionDelayMax: 5000,
  });
  socket = line;
  let heard = Date.now();

  line.onAny(() => {
    heard = Date.now();
  });
  line.on("connect", () => void catchUp());
  line.on("disconnect", () => gone());
  line.on("connect_error", () => gone());
  line.on("thread", (said) => {
    cure.delta(said.thread, said);
    if (said.entries.some((entry) => entry.call)) callsChanged(client);
    if (said.cases?.length) cure.cases(said.cases);
  });
  line.on("cases", (said) => {
    cure.cases(said.cases);
    for (const { thread, rev } of said.threads) void cure.upTo(thread, rev);
  });
  line.on("revs", (said) => {
    for (const { thread, rev } of said.threads) void cure.upTo(thread, rev);
  });
  line.on("typing", heardTyping);
  line.on("presence", ({ thread, ...now }) => heardPresence(thread, now));
  line.on("inboxes", () => void client.invalidateQueries({ queryKey: ["inboxes"] }));
  line.on("ringing", () => callsChanged(client));
  line.on("ringing_over", () => callsChanged(client));
  line.on("call", () => callsChanged(client));
  line.on("signed_out", () => signedOut());

  async function catchUp(): Promise<void> {
    heard = Date.now();
    const shown = window.setTimeout(() => connection.set(() => ({ state: "catching-up" })), CATCH_UP_SHOWN_MS);
    for (const thread of open.keys()) join(thread);
    await cure.everything([...open.keys()]);
    clearTimeout(shown);
    if (!line.connected) return;
    connection.set(() => ({ state: "live" }));
    for (const run of reconnected) run();
  }

  function gone(): void {
    connection.set((old) => (old.state === "offline" ? old : { state: "offline", since: Date.now() }));
  }

  function check(): void {
    if (!line.connected) line.connect();
    else if (Date.now() - heard > SILENCE_MS) line.disconnect().connect();
  }

  const wake = () => document.visibilityState === "visible" && check();
  const offline = () => line.disconnect();
  const watch = window.setInterval(check, SILENCE_MS / 3);
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", check);
  window.addEventListener("offline", offline);
  return () => {
    clearInterval(watch);
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", check);
    window.removeEventListener("offline", offline);
    line.disconnect();
    cure.stop();
    socket = undefined;
    healer = undefined;
  };
}
