import { type Query, request } from "./client";
import type {
  Agent,
  Attachment,
  Case,
  CaseChange,
  CasePage,
  Changes,
  Connector,
  Customer,
  CustomerHit,
  Delivery,
  Draft,
  DraftIn,
  Entry,
  EntryPage,
  Envelope,
  Inbox,
  InboxChange,
  InboxIn,
  InboxTest,
  Invited,
  Link,
  LinkSignIn,
  Me,
  NoteIn,
  Page,
  ReplyIn,
  SearchResult,
  SendResult,
  Session,
  Tag,
  Target,
  Thread,
  Token,
  TokenIn,
  TokenMade,
  View,
  Workspace,
} from "./types";

const get = <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal });
const post = <T>(path: string, body?: unknown, query?: Query) => request<T>("POST", path, { body, query });
const put = <T>(path: string, body: unknown) => request<T>("PUT", path, { body });
const patch = <T>(path: string, body: unknown) => request<T>("PATCH", path, { body });
const remove = <T = void>(path: string) => request<T>("DELETE", path);

/** Every address of the hub that the console calls. */
export const api = {
  me: () => get<Me>("/me"),
  signIn: (email: string, password: string) => post<Me>("/session", { email, password }),
  signOut: () => remove("/session"),
  sessions: () => get<Session[]>("/sessions"),
  endSession: (id: string) => remove(`/sessions/${id}`),
  changeMe: (change: { name?: string; settings?: Record<string, unknown> }) => patch<Me>("/me", change),
  setPassword: (current: string, next: string) => put<void>("/me/password", { current, new: next }),
  link: (token: string) => get<Link>(`/links/${encodeURIComponent(token)}`),
  spendLink: (body: LinkSignIn) => post<Me>("/links", body),

  agents: () => get<Agent[]>("/agents"),
  invite: (body: { email: string; name: string; role: Agent["role"] }) => post<Invited>("/agents", body),
  changeAgent: (id: string, change: Partial<Pick<Agent, "name" | "role" | "active">>) =>
    patch<Agent>(`/agents/${id}`, change),
  tags: () => get<Tag[]>("/tags"),
  workspace: () => get<Workspace>("/workspace"),
  renameWorkspace: (name: string) => patch<Workspace>("/workspace", { name }),
  removeSample: () => remove("/workspace/sample"),

  views: () => get<View[]>("/views"),
  cases: (query: Query, signal?: AbortSignal) => get<CasePage>("/cases", query, signal),
  casesById: (ids: string[]) => get<CasePage>("/cases", { ids: ids.join(",") }),
  changeCase: (id: string, change: CaseChange) => patch<Case>(`/cases/${id}`, change),
  openCase: (thread: string, subject: string) => post<Case>(`/threads/${thread}/cases`, { subject }),

  thread: (id: string, around?: number, signal?: AbortSignal) => get<Thread>(`/threads/${id}`, { around }, signal),
  entries: (thread: string, edge: { before?: number; after?: number }) =>
    get<EntryPage>(`/threads/${thread}/entries`, { ...edge, limit: 40 }),
  changes: (thread: string, after: number) => get<Changes>(`/threads/${thread}/changes`, { after }),
  targets: (thread: string) => get<Target[]>(`/threads/${thread}/targets`),
  seen: (thread: string, seq: number) => post<{ seq: number }>(`/threads/${thread}/seen`, { seq }),

  reply: (thread: string, body: ReplyIn) => post<SendResult>(`/threads/${thread}/replies`, body),
  note: (thread: string, body: NoteIn) => post<Entry>(`/threads/${thread}/notes`, body),
  undoSend: (draft: string) => remove<Draft>(`/held/${draft}`),
  saveDraft: (thread: string, slot: string, body: DraftIn, keepalive = false) =>
    request<Draft>("PUT", `/threads/${thread}/drafts/${encodeURIComponent(slot)}`, { body, keepalive }),
  dropDraft: (thread: string, slot: string) => remove(`/threads/${thread}/drafts/${encodeURIComponent(slot)}`),
  retry: (delivery: string) => post<Delivery>(`/deliveries/${delivery}/retry`),
  settle: (delivery: string, state: "sent" | "failed") => post<Delivery>(`/deliveries/${delivery}/settle`, { state }),
  cancel: (delivery: string) => remove<Delivery>(`/deliveries/${delivery}`),
  upload: (file: File, signal?: AbortSignal) =>
    request<Attachment>("POST", "/attachments", {
      signal,
      raw: {
        content: file,
        headers: {
          "content-type": file.type || "application/octet-stream",
          "x-file-name": encodeURIComponent(file.name),
        },
      },
    }),

  customers: (q: string) => get<Page<CustomerHit>>("/customers", { q }),
  changeCustomer: (id: string, change: { name?: string }) => patch<Customer>(`/customers/${id}`, change),
  newCustomer: (body: { name: string; kind: string; address: string }) => post<Customer>("/customers", body),
  search: (query: Query, signal?: AbortSignal) => get<SearchResult>("/search", query, signal),

  connectors: () => get<Connector[]>("/connectors"),
  inboxes: () => get<Inbox[]>("/inboxes"),
  addInbox: (body: InboxIn) => post<Inbox>("/inboxes", body),
  changeInbox: (id: string, change: InboxChange) => patch<Inbox>(`/inboxes/${id}`, change),
  removeInbox: (id: string) => remove(`/inboxes/${id}`),
  testInbox: (body: InboxIn, id?: string) => post<InboxTest>("/inboxes/test", body, { id }),
  deadEnvelopes: () => get<Page<Envelope>>("/envelopes", { state: "dead" }),
  replay: (id: string) => post<Envelope>(`/envelopes/${id}/replay`),
  tokens: () => get<Token[]>("/tokens"),
  addToken: (body: TokenIn) => post<TokenMade>("/tokens", body),
  removeToken: (id: string) => remove(`/tokens/${id}`),
};
