import type { Entry, Thread } from "../src/api/types";

/** An entry with what a test doesn't care about filled in. */
export function entry(seq: number, given: Partial<Entry> = {}): Entry {
  return {
    id: `entry-${seq}`,
    thread_id: "thread",
    seq,
    rev: seq,
    kind: "message",
    direction: "in",
    channel: "chat",
    inbox_id: null,
    case_id: null,
    case_reason: "",
    author: { kind: "customer", id: "maya", name: "Maya Okafor" },
    at: new Date(Date.UTC(2026, 2, 16, 12, 0, seq)).toISOString(),
    subject: "",
    text: `text ${seq}`,
    html: "",
    quoted: "",
    quoted_html: "",
    to: [],
    cc: [],
    attachments: [],
    deliveries: [],
    proof: "",
    proof_detail: "",
    automatic: "",
    warnings: [],
    event: null,
    reply_to: null,
    refers_to: null,
    client_key: null,
    has_original: false,
    redacted: false,
    ...given,
  };
}

export function thread(entries: Entry[], given: Partial<Thread> = {}): Thread {
  return {
    id: "thread",
    rev: Math.max(0, ...entries.map((one) => one.rev)),
    last_seq: entries.at(-1)?.seq ?? 0,
    customer: {
      id: "customer",
      thread_id: "thread",
      name: "Maya Okafor",
      locale: "",
      timezone: "",
      identities: [],
      claims: [],
      created_at: "2026-03-16T12:00:00Z",
    },
    cases: [],
    entries,
    more_before: false,
    more_after: false,
    drafts: [],
    targets: [],
    seen_seq: 0,
    visitor_online: false,
    customer_read_seq: 0,
    ...given,
  };
}
