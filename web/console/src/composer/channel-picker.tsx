import { type Ref, useImperativeHandle, useRef } from "react";
import type { Target } from "../api/types";
import { ChannelGlyph, channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { reached, sameTarget } from "./content";
import { text } from "./messages";

export interface ChannelPickerHandle {
  open: () => void;
}

interface ChannelPickerProps {
  ref: Ref<ChannelPickerHandle>;
  targets: Target[];
  target: Target;
  customer: string;
  onTarget: (target: Target) => void;
}

/** Every way of answering, usable or not, and why not. */
export function ChannelPicker({ ref, targets, target, customer, onTarget }: ChannelPickerProps) {
  const look = channelLook(target.channel);
  const box = useRef<HTMLSpanElement>(null);
  useImperativeHandle(ref, () => ({ open: () => box.current?.querySelector("button")?.click() }));
  return (
    <span ref={box}>
      <MenuButton
        label={`${text.channel}: ${look.label}, ${text.toWhom(reached(target, customer))}`}
        title={`${text.channel} (Ctrl /)`}
        className={`channel-pick ch-${look.colour}`}
        items={targets.map((one) => ({
          key: `${one.inbox_id}/${one.to.kind}/${one.to.address}`,
          label: `${channelLook(one.channel).label} ${text.toWhom(reached(one, customer))}`,
          note: [one.inbox_name, one.reason, one.trust === "claimed" ? text.typed : ""].filter(Boolean).join(" · "),
          glyph: <ChannelGlyph channel={one.channel} />,
          checked: sameTarget(one, target),
          disabled: !one.usable,
          run: () => onTarget(one),
        }))}
      >
        <Icon name={look.icon} size="s" />
        {look.label}
        <Icon name="chevron-down" size="xs" />
      </MenuButton>
    </span>
  );
}
