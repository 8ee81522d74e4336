import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { Button, IconButton } from "./button";
import { createStore, useStore } from "./store";

interface Toast {
  id: number;
  text: string;
  kind: "said" | "failed";
  action?: { label: string; run: () => void };
  ms: number;
}

const SHOWN_MS = 6000;
const toasts = createStore<Toast | null>(null);
let last = 0;

export function say(text: string, action?: Toast["action"], ms = SHOWN_MS): number {
  toasts.set(() => ({ id: ++last, text, kind: "said", action, ms }));
  return last;
}

/** Errors stay until somebody has read them. */
export function complain(what: string, error: unknown, retry?: () => void): void {
  const why = error instanceof Error ? error.message : String(error);
  const request = error instanceof ApiError && error.problem.request_id ? ` (request ${error.problem.request_id})` : "";
  const action = retry && { label: "Try again", run: retry };
  toasts.set(() => ({ id: ++last, text: `${what} ${why}${request}`, kind: "failed", action, ms: 0 }));
}

/** What the toast offers, by key instead of by pointer. */
export function takeToast(): void {
  const toast = toasts.get();
  if (!toast?.action) return;
  unsay(toast.id);
  toast.action.run();
}

export function unsay(id: number): void {
  toasts.set((old) => (old?.id === id ? null : old));
}

/** The live regions are always there, because one that comes with its text is often not read out. */
export function Toaster() {
  const toast = useStore(toasts, (now) => now);
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!toast?.ms || held) return;
    const timer = setTimeout(() => unsay(toast.id), toast.ms);
    return () => clearTimeout(timer);
  }, [toast, held]);
  const box = toast && (
    <div
      className={`toast toast-${toast.kind}`}
      role="presentation"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="grow">{toast.text}</span>
      {toast.action && (
        <Button
          look="link"
          onClick={() => {
            unsay(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton icon="x" label="Dismiss" onClick={() => unsay(toast.id)} />
    </div>
  );
  return (
    <div className="toaster">
      <div role="status">{toast?.kind === "said" && box}</div>
      <div role="alert">{toast?.kind === "failed" && box}</div>
    </div>
  );
}
