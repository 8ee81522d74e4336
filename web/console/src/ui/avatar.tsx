import { initials, tint } from "./words";

interface AvatarProps {
  id: string;
  name: string;
  size?: "s" | "m" | "l" | "xl";
  online?: boolean;
}

export function Avatar({ id, name, size = "m", online = false }: AvatarProps) {
  return (
    <span className={`avatar avatar-${size} tint-${tint(id)}`} aria-hidden="true">
      {initials(name)}
      {online && <span className="avatar-online" />}
    </span>
  );
}
