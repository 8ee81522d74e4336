import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { Icon } from "./icon";
import type { IconName } from "./icons";
import { Popover } from "./popover";

export interface MenuItem {
  key: string;
  label: ReactNode;
  icon?: IconName;
  glyph?: ReactNode;
  hint?: string;
  note?: string;
  checked?: boolean;
  disabled?: boolean;
  danger?: boolean;
  run: () => void;
}

interface MenuProps {
  label: string;
  items: MenuItem[];
  align?: "start" | "end";
  className?: string;
  title?: string;
  children: ReactNode;
}

/** A button with a menu. Unusable items stay reachable by the arrows, so that their reason can be read. */
export function MenuButton({ label, items, align, className = "", title, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={title}
        onPointerDown={() => {
          wasOpen.current = open;
        }}
        onClick={() => {
          setOpen(!wasOpen.current);
          wasOpen.current = false;
        }}
      >
        {children}
      </button>
      {open && (
        <Popover
          anchor={button}
          label={label}
          role="menu"
          align={align}
          onClose={() => setOpen(false)}
          className="menu"
        >
          <MenuItems items={items} onDone={() => setOpen(false)} />
        </Popover>
      )}
    </>
  );
}

function MenuItems({ items, onDone }: { items: MenuItem[]; onDone: () => void }) {
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === "Tab") onDone();
    if (to === undefined) return;
    event.preventDefault();
    rows.at(to % rows.length)?.focus();
  };
  return (
    <div className="menu-items" onKeyDown={move} role="presentation">
      {items.map((item) => (
        <button
          key={item.key}
          type="button"
          role={item.checked === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={item.checked}
          aria-disabled={item.disabled}
          tabIndex={-1}
          className={`menu-item ${item.danger ? "menu-danger" : ""}`}
          data-autofocus={item.checked || undefined}
          onClick={() => {
            if (item.disabled) return;
            onDone();
            item.run();
          }}
        >
          {item.glyph ?? (item.icon && <Icon name={item.icon} size="s" />)}
          <span className="grow">
            <span className="menu-label">{item.label}</span>
            {item.note && <span className="menu-note">{item.note}</span>}
          </span>
          {item.checked && <Icon name="check" size="s" />}
          {item.hint && <kbd aria-hidden="true">{item.hint}</kbd>}
        </button>
      ))}
    </div>
  );
}
