import type { ComponentChildren } from "preact";
import type { Agent, Config } from "../shapes";
import { t } from "../words";
import { Icon, type IconName } from "./Icon";

export const IconButton = (props: {
  name: IconName;
  label: string;
  flip?: boolean;
  class?: string;
  onClick(): void;
}) => (
  <button type="button" class={`ib ${props.class ?? ""}`} aria-label={props.label} onClick={props.onClick}>
    <Icon name={props.name} flip={props.flip} />
  </button>
);

/** One of six tints, always the same for a name. */
export const Avatar = ({ name, initials }: { name: string; initials?: string }) => {
  const tint = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 6;
  return (
    <span class={`av p${tint}`} aria-hidden="true">
      {initials || initialsOf(name)}
    </span>
  );
};

const initialsOf = (name: string) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => [...part][0] ?? "")
    .join("")
    .toLocaleUpperCase();

/** Nobody there or somebody, in the team's own words where it has any. */
export const Availability = ({ online, reply_time, back }: Config) => (
  <bdi>{online ? reply_time || t("online") : online === false ? back || t("away") : ""}</bdi>
);

interface HeaderProps {
  config: Config;
  agent?: Agent | null;
  /** Instead of who answers. */
  title?: string;
  onBack?: () => void;
  onClose?: () => void;
}

export const Header = ({ config, agent, title, onBack, onClose }: HeaderProps) => (
  <header class="hd">
    {onBack && <IconButton name="back" label={t("back")} flip class="first" onClick={onBack} />}
    {!title && <Avatar name={agent?.name ?? config.name} initials={agent?.initials} />}
    <div class="grow">
      <h1 class="clip">
        <bdi>{title ?? agent?.name ?? config.name}</bdi>
      </h1>
      <div class={config.online ? "mut live clip" : "mut clip"}>
        <Availability {...config} />
      </div>
    </div>
    {onClose && <IconButton name="close" label={t("close")} onClick={onClose} />}
  </header>
);

export const Welcome = ({ config }: { config: Config }) => (
  <div class="hey">
    <h2>
      <bdi>{config.greeting || t("hello")}</bdi>
    </h2>
    <p class="sec">
      <Availability {...config} />
    </p>
  </div>
);

export const Notice = ({ icon, children }: { icon: IconName; children: ComponentChildren }) => (
  <div class="note">
    <Icon name={icon} />
    <span>{children}</span>
  </div>
);
