import type { Query } from "./client";

/** Names in the server cache; the first word says what a socket message must patch. */
export const keys = {
  me: ["me"] as const,
  agents: ["agents"] as const,
  tags: ["tags"] as const,
  views: ["views"] as const,
  workspace: ["workspace"] as const,
  lists: ["cases"] as const,
  list: (query: Query) => ["cases", query] as const,
  counts: (view: string) => ["counts", view] as const,
  referred: (id: string) => ["referred", id] as const,
  threads: ["thread"] as const,
  thread: (id: string) => ["thread", id] as const,
  customers: (q: string) => ["customers", q] as const,
  search: (query: Query) => ["search", query] as const,
  connectors: ["connectors"] as const,
  inboxes: ["inboxes"] as const,
  envelopes: ["envelopes"] as const,
  tokens: ["tokens"] as const,
  myCalls: ["calls", "mine"] as const,
  ringing: ["calls", "ringing"] as const,
  sessions: ["sessions"] as const,
};
