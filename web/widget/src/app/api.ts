/** The few requests beside the socket. */
import type { Config, PublicAttachment } from "./shapes";

/** What the hub answered when it said no: a sentence for the visitor. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** Of a chat link that another device has: where a code could go. */
    readonly sentTo = "",
  ) {
    super(detail);
  }
}

const sentence = (body: string, part = "detail") => {
  try {
    return String(JSON.parse(body)[part] ?? "");
  } catch {
    return "";
  }
};

export async function fetchConfig(inbox: string): Promise<Config> {
  const answer = await fetch(`/widget/config/${encodeURIComponent(inbox)}`, { credentials: "omit" });
  if (!answer.ok) throw new Refused(answer.status, sentence(await answer.text()));
  return answer.json();
}

/** Spends a chat link. A device that already holds a visitor says so, and gets the same conversation again. */
export const spendLink = (token: string, held: string) => press<Entered>(token, "", held);

/** Another device has the link: a code goes where it was sent. */
export const sendLinkCode = (token: string) => press<{ sent_to: string }>(token, "/code", "");

/** The code that came there lets this device in as well. */
export const giveLinkCode = (token: string, code: string, held: string) =>
  press<Entered>(token, "/proof", held, code.replace(/\D/g, ""));

interface Entered {
  visitor: string;
  inbox: string;
}

async function press<T>(token: string, what: string, held: string, body = ""): Promise<T> {
  const headers: HeadersInit = held ? { authorization: `Visitor ${held}` } : {};
  const path = `/c/${encodeURIComponent(token)}${what}`;
  const answer = await fetch(path, { method: "POST", credentials: "omit", headers, body });
  if (answer.ok) return answer.json();
  const said = await answer.text();
  throw new Refused(answer.status, sentence(said), sentence(said, "sent_to"));
}

/** Only XMLHttpRequest tells how much of a body has gone. */
export function upload(
  file: File,
  inbox: string,
  visitor: string,
  progress: (share: number) => void,
  stop: AbortSignal,
): Promise<PublicAttachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/visitor/attachments?inbox=${encodeURIComponent(inbox)}`);
    request.setRequestHeader("authorization", `Visitor ${visitor}`);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300
        ? resolve(JSON.parse(request.responseText))
        : reject(new Refused(request.status, sentence(request.responseText)));
    request.onerror = request.onabort = () => reject(new Refused(0, ""));
    stop.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
