import type { Problem } from "./types";

/** The hub said no: its problem says what, why and what to do. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly body: unknown,
  ) {
    super(problem.detail || problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  /** The last word of the problem's type, which may be an address. */
  is(type: string): boolean {
    return this.problem.type === type || this.problem.type.endsWith(`/${type}`);
  }
}

/** Nobody answered. */
export class OfflineError extends Error {
  constructor() {
    super("The hub can't be reached. Check your connection; nothing you wrote is lost.");
  }
}

export type Query = Record<string, string | number | boolean | undefined | null>;

interface Options {
  query?: Query;
  body?: unknown;
  raw?: { content: Blob; headers: Record<string, string> };
  signal?: AbortSignal;
  /** Finish even if the page is closed meanwhile. */
  keepalive?: boolean;
}

let csrf = "";
let onSignedOut: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

export function whenSignedOut(run: () => void): void {
  onSignedOut = run;
}

export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const { query, body, raw, signal, keepalive } = options;
  const headers: Record<string, string> = { accept: "application/json", ...raw?.headers };
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(`/api${path}${written(query)}`, {
    method,
    headers,
    body: raw?.content ?? (body === undefined ? undefined : JSON.stringify(body)),
    credentials: "same-origin",
    signal,
    keepalive,
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new OfflineError();
  });
  const answer = await decoded(response);
  if (response.ok) return answer as T;
  if (response.status === 401) onSignedOut();
  throw new ApiError(problem(response, answer), answer);
}

function written(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return pairs.length ? `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}` : "";
}

async function decoded(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return undefined;
  return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

function problem(response: Response, answer: unknown): Problem {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<Problem>;
  return {
    type: given.type ?? "about:blank",
    title: given.title ?? response.statusText,
    status: response.status,
    detail: given.detail ?? `The hub answered ${response.status}. Try again; if it stays, ask your administrator.`,
    fields: given.fields ?? {},
    request_id: given.request_id ?? response.headers.get("x-request-id") ?? "",
  };
}
