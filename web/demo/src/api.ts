/** What the hub offers while it runs as a demo. */

export interface DemoConfig {
  inbox: string;
  support: string;
  smtp: string;
  me: Person;
  console?: string;
  story: Step[];
}

/** One of the steps with which the whole story takes place. */
export interface Step {
  who: "Maya" | "Agent";
  do: string;
  /** Words to copy. */
  say: string;
  /** Where on this page it is done. */
  place: string;
}

export interface Person {
  name: string;
  email: string;
}

export interface Mail {
  id: string;
  at: string;
  from: string;
  from_name?: string;
  reply_to?: string;
  to: string;
  subject: string;
  text: string;
  html?: string;
  message_id: string;
  references?: string[];
  attachments?: { name: string; type: string; size: number; url: string }[];
}

export interface NewMail {
  from: string;
  name: string;
  to: string;
  subject: string;
  text: string;
  in_reply_to?: string;
  references?: string[];
  files?: { name: string; type: string; data: string }[];
}

export async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init);
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || `The hub answered ${answer.status}.`);
}

export const fetchConfig = () => json<DemoConfig>("/demo/config");
export const fetchMails = (to: string) =>
  json<Mail[]>(`/demo/mails?to=${encodeURIComponent(to)}`, { cache: "no-store" });

export const sendMail = (mail: NewMail) =>
  json<{ id: string }>("/demo/mail", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(mail),
  });

export async function encode(file: File): Promise<{ name: string; type: string; data: string }> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { name: file.name, type: file.type || "application/octet-stream", data: btoa(text) };
}

/** An answer goes where the mail asks for it, and names what it answers. */
export function answerTo(mail: Mail, me: Person): NewMail {
  return {
    from: me.email,
    name: me.name,
    to: mail.reply_to || mail.from,
    subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
    text: "",
    in_reply_to: mail.message_id,
    references: [...(mail.references ?? []), mail.message_id],
  };
}
