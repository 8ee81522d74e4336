import { describe, expect, it } from "vitest";
import type { Draft, Target } from "../src/api/types";
import { addresses, EMPTY, hindrance, replySubject } from "../src/composer/content";
import { choose } from "../src/composer/drafts";

const server = (given: Partial<Draft>): Draft => ({
  id: "draft",
  slot: "note",
  thread_id: "thread",
  case_id: null,
  inbox_id: null,
  to: null,
  cc: [],
  bcc: [],
  subject: "",
  text: "from the hub",
  html: "",
  attachments: [],
  version: 3,
  send_at: null,
  client_key: null,
  updated_at: "2026-03-16T12:00:00Z",
  held_reason: "",
  ...given,
});
const local = (text: string, version: number, dirty: boolean) => ({ content: { ...EMPTY, text }, version, dirty });

describe("which draft is shown", () => {
  it("is the hub's when nothing unsaved is here", () => {
    expect(choose(null, server({})).held.content.text).toBe("from the hub");
    expect(choose(local("old copy", 2, false), server({})).held.content.text).toBe("from the hub");
  });

  it("is the typed text, always, and the newer one is only offered", () => {
    const shown = choose(local("typed here", 2, true), server({}));
    expect(shown.held.content.text).toBe("typed here");
    expect(shown.newer?.text).toBe("from the hub");
  });

  it("offers nothing that was written before", () => {
    expect(choose(local("typed here", 3, true), server({})).newer).toBeNull();
  });

  it("is gone when it was sent from elsewhere", () => {
    expect(choose(local("sent elsewhere", 3, false), undefined).held.content.text).toBe("");
  });
});

const target = (capabilities: Record<string, unknown>): Target => ({
  inbox_id: "inbox",
  inbox_name: "Support",
  channel: "email",
  to: { kind: "email", address: "maya@example.org", name: "" },
  usable: true,
  reason: "",
  default: true,
  window_until: null,
  late: false,
  stopped: false,
  trust: "verified",
  capabilities: { channel: "email", max_chars: 100, media: true, media_bytes: 1000, copies: true, ...capabilities },
});
const done = { running: false, failed: false };
const file = {
  id: "file",
  name: "a.txt",
  type: "text/plain",
  size: 2000,
  url: "",
  cid: "",
  inline: false,
  state: "ready" as const,
  problem: "",
};

describe("what stops a send", () => {
  it.each([
    [{ ...EMPTY }, {}, done, /Write something/u],
    [{ ...EMPTY, text: "x".repeat(120) }, {}, done, /20 characters too long/u],
    [{ ...EMPTY, text: "hi", attachments: [file] }, {}, done, /larger than this channel takes/u],
    [{ ...EMPTY, text: "hi", attachments: [file] }, { media: false }, done, /can't carry files/u],
    [{ ...EMPTY, text: "hi", cc: "nobody" }, {}, done, /no email address/u],
    [{ ...EMPTY, text: "hi" }, {}, { running: true, failed: false }, /still uploading/u],
    [{ ...EMPTY, text: "hi", cc: "a@example.org, b@example.org" }, {}, done, /^$/u],
  ])("%#", (content, can, uploads, expected) => {
    expect(hindrance(content, target(can), uploads)).toMatch(expected);
  });
});

describe("small words", () => {
  it("reads addresses as people paste them", () => {
    expect(addresses("Maya <maya@example.org>; b@example.org")).toEqual(["maya@example.org", "b@example.org"]);
  });

  it("answers a subject once", () => {
    expect(replySubject("Boots")).toBe("Re: Boots");
    expect(replySubject("AW: Boots")).toBe("AW: Boots");
  });
});
