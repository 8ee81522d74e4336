/** The customer's phone as the hub's demo plays it: what is on its screen, and what she does with it. */

import { json } from "./api";

export interface Said {
  id: string;
  mine: boolean;
  at: string;
  text: string;
  files: string[];
  about?: string;
  choices?: string[];
  reaction?: string;
  removed?: boolean;
}

export interface Heard {
  sound: "speech" | "voice" | "file" | "music" | "tone" | "keys" | "me";
  text: string;
  at: string;
}

export interface CallView {
  state: "idle" | "calling" | "ringing" | "talking";
  other: string;
  with: string[];
  held: boolean;
  muted: boolean;
  seconds: number;
  heard: Heard[];
}

export interface PhoneView {
  number: string;
  shop: string;
  handle: string;
  sms: Said[];
  instagram: Said[];
  /** On Instagram, of the shop's. */
  unread: number;
  typing: boolean;
  call: CallView;
  last?: { status: string; seconds: number; inbound: boolean };
}

export type App = "sms" | "instagram" | "call";
export type Key = "call" | "answer" | "decline" | "hang_up" | "press" | "say";
export type Touch = "react" | "unreact" | "unsend" | "pick" | "read";
export interface Picture {
  name: string;
  type: string;
  data: string;
}

const post = (path: string, body: object) =>
  json<unknown>(`/demo/phone/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

export const fetchPhone = () => json<PhoneView>("/demo/phone", { cache: "no-store" });
export const write = (app: "sms" | "instagram", text: string, picture?: Picture) => post(app, { text, picture });
export const touch = (what: Touch, id = "", value = "") => post("instagram/touch", { do: what, id, value });
export const ring = (key: Key, value = "") => post("call", { do: key, value });
