import { initials, tint } from "./words";

interface AvatarProps {
  id: string;
  name: string;
  size?: "s" | "m" | "l" | "xl";
  online?: boolean;
}

/** The initials are drawn by the style sheet: they are a picture of the name, not words. */
export function Avatar({ id, name, size = "m", online = false }: AvatarProps) {
  return (
    <span className={`avatar avatar-${size} tint-${tint(id)}`} data-initials={initials(name)} aria-hidden="true">
      {online && <span className="avatar-online" />}
    </span>
  );
}
