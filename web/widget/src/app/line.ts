/**
 * The line to the hub: the part of the Socket.IO protocol (revision 5, over Engine.IO 4) that text events with
 * acknowledgements need. The official client is 13 KB of a budget of 25; this is one.
 * It reconnects by itself and keeps no queue: what must not get lost waits in the outbox.
 */

/** What both transports are: a WebSocket, or long polling where no WebSocket gets through. */
export interface Transport {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
  send(packet: string): void;
  close(): void;
}

export interface Listener {
  /** Asked at every connect, since the visitor and the `rev` change. */
  auth(): object;
  up(): void;
  down(): void;
  refused(message: string, code?: string): void;
  event(name: string, data: unknown): void;
}

export interface Line {
  /** Resolves with the hub's answer; rejects when the line drops or is silent. */
  ask<T>(event: string, data?: unknown): Promise<T>;
  tell(event: string, data?: unknown): void;
  close(): void;
}

const NAMESPACE = "/visitor,";
const CONNECT_WITHIN = 8_000;
const ANSWER_WITHIN = 10_000;
const LONGEST_PAUSE = 10_000;

export function openLine(address: string, listener: Listener): Line {
  let transport: Transport | undefined;
  let connected = false;
  let closed = false;
  let failures = 0;
  let websocketWorks = false;
  let silence: ReturnType<typeof setTimeout>;
  let pause: ReturnType<typeof setTimeout>;
  let patience = CONNECT_WITHIN;
  let lastId = 0;
  const waiting = new Map<number, (answer?: unknown) => void>();

  const connect = async () => {
    clearTimeout(pause);
    if (closed || transport) return;
    // Where proxies swallow WebSockets every second attempt is made by polling, until one gets through.
    if (!websocketWorks && failures % 2 === 1) {
      const { Polling } = await import("./polling");
      if (closed || transport) return;
      transport = new Polling(address);
    } else {
      transport = new WebSocket(`${address.replace(/^http/, "ws")}&transport=websocket`) as unknown as Transport;
    }
    const mine = transport;
    mine.onmessage = ({ data }) => mine === transport && received(data);
    mine.onclose = () => mine === transport && dropped();
    patience = CONNECT_WITHIN;
    listen();
  };

  const dropped = () => {
    const old = transport;
    transport = undefined;
    clearTimeout(silence);
    clearTimeout(pause);
    if (old) {
      old.onclose = old.onmessage = null;
      old.close();
    }
    const wasConnected = connected;
    connected = false;
    for (const answer of waiting.values()) answer();
    waiting.clear();
    if (closed) return;
    if (wasConnected) listener.down();
    const longest = Math.min(LONGEST_PAUSE, 400 * 2 ** failures++);
    pause = setTimeout(connect, longest * (0.5 + Math.random() / 2));
  };

  /** The hub pings; a line that says nothing for longer than it promised is dead, whatever the browser thinks. */
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(dropped, patience);
  };

  const received = (packet: string) => {
    listen();
    const body = packet.slice(1);
    if (packet[0] === "0") {
      const hello = JSON.parse(body);
      patience = hello.pingInterval + hello.pingTimeout;
      websocketWorks ||= transport instanceof WebSocket;
      transport?.send(`40${NAMESPACE}${JSON.stringify(listener.auth())}`);
    } else if (packet[0] === "2") transport?.send("3");
    else if (packet[0] === "1") dropped();
    else if (packet[0] === "4") message(body);
  };

  const message = (packet: string) => {
    const [, kind, id, json] = /^(\d)(?:\/visitor,)?(\d*)(.*)$/s.exec(packet) ?? [];
    const data = json ? JSON.parse(json) : undefined;
    if (kind === "0") {
      connected = true;
      failures = 0;
      listener.up();
    } else if (kind === "1") dropped();
    else if (kind === "2") listener.event(data[0], data[1]);
    else if (kind === "3") {
      waiting.get(Number(id))?.(data[0]);
      waiting.delete(Number(id));
    } else if (kind === "4") {
      listener.refused(data?.message ?? "", data?.data?.code);
      dropped();
    }
  };

  const wake = () => {
    if (!transport) connect();
  };
  addEventListener("online", wake);
  addEventListener("offline", dropped);
  document.addEventListener("visibilitychange", wake);
  connect();

  return {
    ask: (event, data) =>
      new Promise((resolve, reject) => {
        if (!connected) return reject(new Error("offline"));
        const id = ++lastId;
        const late = setTimeout(() => waiting.get(id)?.(), ANSWER_WITHIN);
        waiting.set(id, (answer) => {
          clearTimeout(late);
          waiting.delete(id);
          answer === undefined ? reject(new Error("no answer")) : resolve(answer as never);
        });
        transport?.send(`42${NAMESPACE}${id}${JSON.stringify([event, data])}`);
      }),
    tell: (event, data) => {
      if (connected) transport?.send(`42${NAMESPACE}${JSON.stringify([event, data])}`);
    },
    close: () => {
      closed = true;
      clearTimeout(pause);
      removeEventListener("online", wake);
      removeEventListener("offline", dropped);
      document.removeEventListener("visibilitychange", wake);
      if (connected) transport?.send(`41${NAMESPACE}`);
      dropped();
    },
  };
}
