import symbols from "virtual:sprite";
import { type IconName, icons } from "./icons";

const known: ReadonlySet<string> = new Set(icons);

/** A connector or a view may name any Lucide icon; one that isn't in the sprite falls back to a plain one. */
export function iconOr(name: string, fallback: IconName): IconName {
  return known.has(name) ? (name as IconName) : fallback;
}

export function Icon({ name, size = "m" }: { name: IconName; size?: "xs" | "s" | "m" }) {
  return (
    <svg className={`icon icon-${size}`} aria-hidden="true" focusable="false">
      <use href={`#i-${name}`} />
    </svg>
  );
}

/** Put once into the page; every `Icon` points into it. */
export function Sprite() {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: made from Lucide's files while building
  return <svg className="sprite" aria-hidden="true" dangerouslySetInnerHTML={{ __html: symbols }} />;
}
