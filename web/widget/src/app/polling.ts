import type { Transport } from "./line";

const SEPARATOR = "\x1e";

/** Engine.IO's long polling: one request hangs and listens, others send. Loaded only where WebSockets fail. */
export class Polling implements Transport {
  onmessage: Transport["onmessage"] = null;
  onclose: Transport["onclose"] = null;
  private readonly stop = new AbortController();
  private url: string;
  private unsent: string[] = [];
  private sending = false;

  constructor(address: string) {
    this.url = `${address}&transport=polling`;
    this.listen();
  }

  send(packet: string): void {
    this.unsent.push(packet);
    this.flush();
  }

  close(): void {
    this.stop.abort();
  }

  private async listen(): Promise<void> {
    try {
      while (!this.stop.signal.aborted) {
        for (const packet of (await this.request()).split(SEPARATOR)) {
          if (packet[0] === "0") this.url += `&sid=${JSON.parse(packet.slice(1)).sid}`;
          if (packet !== "6") this.onmessage?.({ data: packet });
        }
      }
    } catch {
      this.onclose?.();
    }
  }

  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.unsent.length) await this.request(this.unsent.splice(0).join(SEPARATOR));
      this.sending = false;
    } catch {
      this.onclose?.();
    }
  }

  private async request(body?: string): Promise<string> {
    const method = body === undefined ? "GET" : "POST";
    const answer = await fetch(this.url, { method, body, signal: this.stop.signal, cache: "no-store" });
    if (!answer.ok) throw new Error(`polling: ${answer.status}`);
    return answer.text();
  }
}
