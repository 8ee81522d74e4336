import type { ButtonHTMLAttributes, Ref } from "react";
import { Icon } from "./icon";
import type { IconName } from "./icons";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "outline" | "primary" | "danger" | "link";
  icon?: IconName;
  hint?: string;
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** `busy` keeps the focus and the size: a disabled button would lose the first and a spinner change the second. */
export function Button({ look = "outline", icon, hint, busy, children, className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : rest.onClick}
      className={`button button-${look} ${className}`}
    >
      {icon && <Icon name={icon} size="s" />}
      {children}
      {hint && <kbd aria-hidden="true">{hint}</kbd>}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
  hint?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, hint, className = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`icon-button ${className}`}
      aria-label={label}
      title={hint ? `${label} (${hint})` : label}
    >
      <Icon name={icon} />
    </button>
  );
}
