import type { Attachment, Capabilities, Draft, DraftIn, Entry, Recipient, Target } from "../api/types";
import { fileSize } from "../ui/words";
import { text } from "./messages";

/** What is written and where it goes; one for every way of answering, and one for notes. */
export interface Content {
  text: string;
  subject: string;
  to: Recipient | null;
  cc: string;
  bcc: string;
  attachments: Attachment[];
}

export const EMPTY: Content = { text: "", subject: "", to: null, cc: "", bcc: "", attachments: [] };

export function slotOf(target: Target | undefined): string {
  return target ? `reply:${target.inbox_id}` : "note";
}

export function isEmpty(content: Content): boolean {
  return !content.text.trim() && !content.attachments.length;
}

export function capabilities(target: Target): Capabilities {
  return target.capabilities as unknown as Capabilities;
}

/** The way of answering that is offered first: the hub's default, else the first that works. */
export function defaultTarget(targets: Target[]): Target | undefined {
  return targets.find((one) => one.default && one.usable) ?? targets.find((one) => one.usable);
}

/** Whom it goes to, in words: a visitor's address means nothing to people. */
export function reached(target: Target, customer: string): string {
  return capabilities(target).live ? target.to.name || customer : target.to.address;
}

export function sameTarget(a: Target, b: Target): boolean {
  return a.inbox_id === b.inbox_id && a.to.kind === b.to.kind && a.to.address === b.to.address;
}

export function addresses(typed: string): string[] {
  return typed
    .split(/[,;\n]+/u)
    .flatMap((one) => /<([^>]*)>/u.exec(one)?.[1] ?? one.split(/\s+/u))
    .map((one) => one.trim())
    .filter(Boolean);
}

export function recipients(typed: string): Recipient[] {
  return addresses(typed).map((address) => ({ kind: "email", address, name: "" }));
}

/** What stops this from being sent, in a sentence; empty when nothing does. */
export function hindrance(content: Content, target: Target, uploads: { running: boolean; failed: boolean }): string {
  const can = capabilities(target);
  if (isEmpty(content)) return text.empty;
  if (uploads.failed) return text.filesFailed;
  if (uploads.running) return text.waitForFiles;
  if (can.max_chars && !can.splits && content.text.length > can.max_chars)
    return text.tooLong(content.text.length - can.max_chars);
  if (content.attachments.length && !can.media) return text.noFiles(can.channel);
  const size = content.attachments.reduce((sum, file) => sum + file.size, 0);
  if (can.media_bytes && size > can.media_bytes) return text.tooBig(fileSize(can.media_bytes));
  const wrong = [...addresses(content.cc), ...addresses(content.bcc)].find((one) => !/^[^@\s]+@[^@\s]+$/u.test(one));
  return wrong ? text.badAddress(wrong) : "";
}

export function fromDraft(draft: Draft): Content {
  return {
    text: draft.text,
    subject: draft.subject,
    to: draft.to,
    cc: draft.cc.map((one) => one.address).join(", "),
    bcc: draft.bcc.map((one) => one.address).join(", "),
    attachments: draft.attachments,
  };
}

export function toDraft(
  content: Content,
  inbox: string | undefined,
  caseId: string | undefined,
  version: number,
): DraftIn {
  return {
    inbox_id: inbox ?? null,
    case_id: caseId ?? null,
    to: content.to && { kind: content.to.kind, address: content.to.address, name: content.to.name },
    cc: recipients(content.cc),
    bcc: recipients(content.bcc),
    subject: content.subject,
    text: content.text,
    attachments: content.attachments.map((file) => file.id),
    version,
  };
}

/** A key that is the same for one message however often it is sent. */
export function newKey(): string {
  return `c-${crypto.randomUUID()}`;
}

/** The subject an answer has if the agent writes none: that of the mail it answers. */
export function replySubject(subject: string): string {
  return !subject || /^(?:re|aw|sv|antw)\s*:/iu.test(subject) ? subject : `Re: ${subject}`;
}

export function lastInbound(entries: Entry[]): Entry | undefined {
  return entries.findLast((entry) => entry.direction === "in" && entry.kind === "message");
}
