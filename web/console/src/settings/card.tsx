import type { ReactNode } from "react";
import { Button } from "../ui/button";
import { say } from "../ui/toast";
import { text } from "./messages";

export function Card({ title, why, children }: { title: string; why?: string; children: ReactNode }) {
  return (
    <section className="settings-card" aria-label={title}>
      <h2>{title}</h2>
      {why && <p className="quiet">{why}</p>}
      {children}
    </section>
  );
}

/** Something long to hand on: shown whole, copied by one press. */
export function Copyable({ label, value }: { label: string; value: string }) {
  return (
    <div className="copyable">
      <span className="field-label">{label}</span>
      <div className="copyable-line">
        <code>{value}</code>
        <Button
          icon="copy"
          aria-label={`${text.copy}: ${label}`}
          onClick={() => void navigator.clipboard.writeText(value).then(() => say(text.copied))}
        >
          {text.copy}
        </Button>
      </div>
    </div>
  );
}
