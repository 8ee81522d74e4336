import type { ReactNode } from "react";

export function SignInFrame({ title, why, children }: { title: string; why?: string; children: ReactNode }) {
  return (
    <main className="signin">
      <div className="signin-card">
        <span className="logo signin-logo" aria-hidden="true">
          <svg viewBox="0 0 32 32" className="signin-mark">
            <path d="M9 11h14M9 16h14M9 21h8" />
          </svg>
        </span>
        <h1>{title}</h1>
        {why && <p className="quiet">{why}</p>}
        {children}
      </div>
    </main>
  );
}
