import { type KeyboardEvent, type PointerEvent, useRef } from "react";

interface ResizerProps {
  label: string;
  value: number;
  least: number;
  most: number;
  /** +1: dragging towards the end makes it wider; -1: the column is at the end. */
  direction: 1 | -1;
  onChange: (value: number) => void;
}

const STEP = 16;

export function Resizer({ label, value, least, most, direction, onChange }: ResizerProps) {
  const from = useRef<{ x: number; value: number } | null>(null);
  const set = (next: number) => onChange(Math.round(Math.min(most, Math.max(least, next))));
  const moved = (event: PointerEvent) => {
    if (from.current) set(from.current.value + (event.clientX - from.current.x) * direction);
  };
  const keyed = (event: KeyboardEvent) => {
    const step = { ArrowRight: STEP, ArrowLeft: -STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(value + step * direction);
  };
  return (
    <div
      className="resizer"
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={value}
      aria-valuemin={least}
      aria-valuemax={most}
      onKeyDown={keyed}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, value };
      }}
      onPointerMove={moved}
      onPointerUp={() => {
        from.current = null;
      }}
    />
  );
}
