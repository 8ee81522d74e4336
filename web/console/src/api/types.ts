import type { components } from "./schema";

type Schemas = components["schemas"];

/** The hub always sends every field; only what it takes may leave some out. */
type Sent<T> = T extends object ? { [Key in keyof T]-?: Sent<Exclude<T[Key], undefined>> } : T;

export type Me = Sent<Schemas["Me"]>;
export type Agent = Sent<Schemas["AgentOut"]>;
export type AgentRef = Sent<Schemas["AgentRef"]>;
export type Invited = Sent<Schemas["AgentInvited"]>;
export type Call = Sent<Schemas["CallOut"]>;
export type CallFeatures = Sent<Schemas["CallFeaturesOut"]>;
export type CallIn = Schemas["CallIn"];
export type CallSettings = Sent<Schemas["CallSettings"]>;
export type CaseReport = Sent<Schemas["CaseReport"]>;
export type Handover = Sent<Schemas["HandoverOut"]>;
export type Merge = Sent<Schemas["MergeOut"]>;
export type Promised = Sent<Schemas["PromiseOut"]>;
export type PromiseIn = Schemas["PromiseIn"];
export type ProofIn = Schemas["ProofIn"];
export type Proof = Sent<Schemas["ProofOut"]>;
export type Disposition = Sent<Schemas["Disposition"]>;
export type MyCalls = Sent<Schemas["MyCalls"]>;
export type Ringing = Sent<Schemas["RingingOut"]>;
export type TransferIn = Schemas["TransferIn"];
export type WrapUpIn = Schemas["WrapUpIn"];
export type QuietHours = Sent<Schemas["QuietHours"]>;
export type SurveySettings = Sent<Schemas["SurveySettings"]>;
export type AskIn = Schemas["AskIn"];
export type Attachment = Sent<Schemas["AttachmentOut"]>;
export type Case = Sent<Schemas["CaseOut"]>;
export type CaseChange = Partial<Schemas["CaseChange"]>;
export type CasePage = Sent<Schemas["CasePage"]>;
export type CaseStatus = Case["status"];
export type Changes = Sent<Schemas["Changes"]>;
export type Connector = Sent<Schemas["ConnectorOut"]>;
export type Counts = Sent<Schemas["Counts"]>;
export type Customer = Sent<Schemas["CustomerOut"]>;
export type CustomerHit = Sent<Schemas["CustomerHit"]>;
export type Delivery = Sent<Schemas["DeliveryOut"]>;
export type Draft = Sent<Schemas["DraftOut"]>;
export type DraftIn = Schemas["DraftIn"];
export type Entry = Sent<Schemas["EntryOut"]>;
export type EntryPage = Sent<Schemas["EntryPage"]>;
export type Envelope = Sent<Schemas["EnvelopeOut"]>;
export type Hit = Sent<Schemas["Hit"]>;
export type Inbox = Sent<Schemas["InboxOut"]>;
export type InboxIn = Schemas["InboxIn"];
export type InboxChange = Schemas["InboxChange"];
export type InboxTest = Sent<Schemas["InboxTest"]>;
export type Link = Sent<Schemas["LinkOut"]>;
export type LinkSignIn = Schemas["LinkSignIn"];
export type NoteIn = Schemas["NoteIn"];
export type Problem = Sent<Schemas["Problem"]>;
export type Recipient = Sent<Schemas["Recipient"]>;
export type ReplyIn = Schemas["ReplyIn"];
export type SearchResult = Sent<Schemas["SearchOut"]>;
export type SendResult = Sent<Schemas["Sent"]>;
export type Session = Sent<Schemas["SessionOut"]>;
export type Tag = Sent<Schemas["TagOut"]>;
export type Target = Sent<Schemas["TargetOut"]>;
export type Thread = Sent<Schemas["ThreadOut"]>;
export type Token = Sent<Schemas["TokenOut"]>;
export type TokenIn = Schemas["TokenIn"];
export type TokenMade = Sent<Schemas["TokenMade"]>;
export type View = Sent<Schemas["ViewOut"]>;
export type Workspace = Sent<Schemas["WorkspaceOut"]>;

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** What the composer reads of a connector's capability record. */
export interface Capabilities {
  channel: string;
  label: string;
  icon: string;
  colour: string;
  messages: boolean;
  max_chars: number;
  max_bytes: number | null;
  splits: boolean;
  segments: boolean;
  html: boolean;
  subject: boolean;
  copies: boolean;
  media: boolean;
  media_bytes: number;
  media_types: string[];
  typing: boolean;
  live: boolean;
  undo_s: number;
}
