import { type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { Button } from "./button";
import { Icon } from "./icon";
import type { IconName } from "./icons";

const LATE_MS = 150;

/** Nothing at all for a moment: what comes at once must not flicker. */
export function Late({ children }: { children: ReactNode }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, []);
  return late ? children : null;
}

export function Skeleton({ rows, className }: { rows: number; className: string }) {
  return (
    <Late>
      <div role="status" aria-label="Loading" className="skeletons">
        {Array.from({ length: rows }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
          <div key={index} className={`skeleton ${className}`} />
        ))}
      </div>
    </Late>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Failed({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  const request = error instanceof ApiError ? error.problem.request_id : "";
  return (
    <div className="empty" role="alert">
      <Icon name="circle-alert" />
      <p className="empty-title">{what}</p>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button icon="refresh-cw" onClick={retry}>
        Try again
      </Button>
      {request && <p className="empty-id">Request {request}</p>}
    </div>
  );
}
