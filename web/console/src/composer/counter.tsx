import type { Capabilities } from "../api/types";
import { text } from "./messages";
import { segments } from "./segments";

/** How much of a message is written, in what its channel counts. */
export function Counter({ written, can }: { written: string; can: Capabilities }) {
  if (!written) return null;
  if (can.segments) {
    const { count, used, room, forced } = segments(written);
    return (
      <span className="counter" title={forced && text.forced(forced)}>
        {`${used} / ${room} · ${text.segments(count)}`}
        {forced && ` · “${forced}”`}
      </span>
    );
  }
  const used = can.max_bytes ? new TextEncoder().encode(written).length : written.length;
  const most = can.max_bytes ?? can.max_chars;
  if (!most || most >= 10_000 || used <= most / 2) return null;
  return (
    <span className={`counter ${used > most && !can.splits ? "is-over" : ""}`}>
      {`${used} / ${most}`}
      {used > most && can.splits && ` · ${text.severalMessages(Math.ceil(used / most))}`}
    </span>
  );
}
