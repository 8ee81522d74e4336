import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";

interface PopoverProps {
  anchor: RefObject<HTMLElement | null>;
  label: string;
  role?: "dialog" | "menu" | "group";
  align?: "start" | "end";
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

const GAP = 4;
const EDGE = 8;

/** Stands in the browser's top layer, closes by Esc or a press outside, and gives the focus back where it was. */
export function Popover({
  anchor,
  label,
  role = "dialog",
  align = "start",
  onClose,
  className = "",
  children,
}: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null);
  const closed = useRef(onClose);
  useEffect(() => {
    closed.current = onClose;
  });

  useLayoutEffect(() => {
    const box = ref.current as HTMLDivElement;
    const before = document.activeElement as HTMLElement | null;
    box.showPopover();
    place(box, anchor.current, align);
    focusFirst(box);
    const moved = new ResizeObserver(() => place(box, anchor.current, align));
    moved.observe(box);
    const toggled = (event: ToggleEvent) => event.newState === "closed" && closed.current();
    box.addEventListener("toggle", toggled as EventListener);
    return () => {
      moved.disconnect();
      box.removeEventListener("toggle", toggled as EventListener);
      const held = box.contains(document.activeElement) || document.activeElement === document.body;
      if (held && before?.isConnected) before.focus({ preventScroll: true });
    };
  }, [anchor, align]);

  return (
    <div ref={ref} popover="auto" role={role} aria-label={label} className={`popover ${className}`}>
      {children}
    </div>
  );
}

function focusFirst(box: HTMLElement): void {
  const wanted = box.querySelector<HTMLElement>("[data-autofocus]");
  (wanted ?? box.querySelector<HTMLElement>("input, button, [tabindex='0']"))?.focus({ preventScroll: true });
}

/** Below the anchor, or above it where there is more room; never over the edge of the window. */
function place(box: HTMLElement, anchor: HTMLElement | null, align: "start" | "end"): void {
  const at = anchor?.getBoundingClientRect();
  if (!at) return;
  const { offsetWidth: width, offsetHeight: height } = box;
  const rtl = getComputedStyle(box).direction === "rtl";
  const left = (align === "start") === rtl ? at.right - width : at.left;
  const below = window.innerHeight - at.bottom - GAP - EDGE;
  const top = height <= below || below > at.top ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height);
  box.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
  box.style.top = `${top}px`;
}
