import type { Target } from "../api/types";
import { span } from "../ui/time";
import { text } from "./messages";

/** How long this channel still lets us answer. */
export function Window({ target }: { target: Target }) {
  if (target.late) return <span className="bar-words">{text.late}</span>;
  if (!target.window_until) return null;
  const left = Date.parse(target.window_until) - Date.now();
  return left > 0 ? <span className="bar-words not-phone">{text.windowLeft(span(left))}</span> : null;
}
