/** What host page and app say to each other over `postMessage`: this list and nothing else. */

export const VERSION = 1;

export type ToApp =
  | { type: "open" | "close"; page: string }
  | { type: "identify"; token: string }
  | { type: "prefill"; text?: string; email?: string }
  | { type: "shutdown" };

export type ToHost =
  | { type: "ready"; words: string[] }
  | { type: "close" }
  | { type: "unread"; count: number }
  | { type: "message"; mine: boolean }
  | { type: "expired" }
  | { type: "bye" };
