import { Icon, iconOr } from "./icon";
import type { IconName } from "./icons";

interface Look {
  label: string;
  icon: IconName;
  colour: string;
}

/** How the channels of the design look; one that a connector adds says it in its capability record. */
const looks: Record<string, Look> = {
  email: { label: "Email", icon: "mail", colour: "email" },
  sms: { label: "SMS", icon: "message-square-text", colour: "sms" },
  chat: { label: "Live chat", icon: "message-circle", colour: "chat" },
  whatsapp: { label: "WhatsApp", icon: "message-circle", colour: "whatsapp" },
  voice: { label: "Call", icon: "phone", colour: "call" },
  instagram: { label: "Instagram", icon: "camera", colour: "instagram" },
  messenger: { label: "Messenger", icon: "message-circle-more", colour: "messenger" },
  slack: { label: "Slack", icon: "hash", colour: "slack" },
  webhook: { label: "Webhook", icon: "webhook", colour: "slate" },
};
const tokens = new Set(["email", "sms", "chat", "whatsapp", "call", "instagram", "messenger", "slack"]);

/** A connector's own word for its channel goes before ours. */
export function learn(channel: string, record: { label?: string; icon?: string; colour?: string }): void {
  const known = channelLook(channel);
  looks[channel] = {
    label: looks[channel]?.label ?? (record.label || known.label),
    icon: looks[channel]?.icon ?? iconOr(record.icon ?? "", "message-square"),
    colour: looks[channel]?.colour ?? (tokens.has(record.colour ?? "") ? (record.colour as string) : "slate"),
  };
}

export function channelLook(channel: string): Look {
  const label = channel ? (channel[0] ?? "").toUpperCase() + channel.slice(1) : "Message";
  return looks[channel] ?? { label, icon: "message-square", colour: "slate" };
}

/** In the middle of a sentence: names keep their capital, kinds don't. */
export function channelWord(channel: string): string {
  const { label } = channelLook(channel);
  return ["email", "chat", "voice", "webhook"].includes(channel) ? label.toLowerCase() : label;
}

export function ChannelGlyph({ channel, size = "m" }: { channel: string; size?: "s" | "m" | "l" }) {
  const look = channelLook(channel);
  return (
    <span className={`glyph glyph-${size} ch-${look.colour}`} role="img" aria-label={look.label}>
      <Icon name={look.icon} size="xs" />
    </span>
  );
}

export function ChannelChip({ channel }: { channel: string }) {
  const look = channelLook(channel);
  return (
    <span className={`chip ch-${look.colour}`}>
      <Icon name={look.icon} size="xs" />
      {look.label}
    </span>
  );
}

/** Which identity kinds are reached by which channel, for glyphs of addresses. */
export function channelOfKind(kind: string): string {
  return { email: "email", visitor: "chat", phone: "sms" }[kind] ?? kind;
}
