/** What the hub says to a visitor; the words are those of `hub/http/shapes.py`. */

/** The channel that needs no mention, since the visitor is in it. */
export const HERE = "chat";

export interface PublicAttachment {
  id: string;
  name: string;
  type: string;
  size: number;
  url: string;
}

export interface PublicEntry {
  id: string;
  rev: number;
  kind: "message" | "call";
  mine: boolean;
  author: string;
  channel: string;
  at: string;
  text: string;
  attachments: PublicAttachment[];
  state: "sent" | "delivered" | "read";
  client_key?: string | null;
}

export interface PublicChanges {
  rev: number;
  entries: PublicEntry[];
  more_before: boolean;
  complete: boolean;
}

export interface Config {
  name: string;
  greeting?: string;
  colour?: string;
  lang?: string;
  online?: boolean;
  /** What the team says of itself while somebody is there, and while nobody is. */
  reply_time?: string;
  back?: string;
  max_upload?: number;
  ways?: { kind: string; label: string; url: string }[];
  links?: { label: string; url: string }[];
}

export interface Agent {
  name: string;
  initials: string;
}

export interface Ready {
  visitor: string | null;
  rev: number;
  entries: PublicEntry[];
  more_before: boolean;
  config: Config;
  agent: Agent | null;
  /** We can write to this visitor by email already, so there is no need to ask. */
  email?: boolean;
}

export type Said = { ok: true; entry: PublicEntry; visitor: string } | { ok: false; error: string; retry: boolean };
