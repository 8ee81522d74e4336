/** Times and amounts in the visitor's language and zone. */
import { language } from "./words";

const DAY = 86_400_000;

const format = (at: number | Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language, options).format(at);

const startOfDay = (at: number) => new Date(at).setHours(0, 0, 0, 0);

export const clock = (at: string) => format(Date.parse(at), { hour: "numeric", minute: "2-digit" });

/** "today", "yesterday", "Monday", "12 March", as it stands within a sentence. */
function dayName(at: string): string {
  const days = Math.round((startOfDay(Date.now()) - startOfDay(Date.parse(at))) / DAY);
  if (Math.abs(days) < 2) return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
  if (Math.abs(days) < 7) return format(Date.parse(at), { weekday: "long" });
  return format(Date.parse(at), { day: "numeric", month: "long" });
}

export const day = (at: string) => dayName(at).replace(/^./u, (first) => first.toLocaleUpperCase(language));

export const sameDay = (one: string, other: string) => startOfDay(Date.parse(one)) === startOfDay(Date.parse(other));

/** "20:11" for today, "Monday 18:22" before. */
export const moment = (at: string) =>
  sameDay(at, new Date().toISOString()) ? clock(at) : `${dayName(at)} ${clock(at)}`;

export function size(bytes: number): string {
  const mega = bytes >= 1e6;
  const count = mega ? bytes / 1e6 : Math.max(1, bytes / 1e3);
  const unit = mega ? "megabyte" : "kilobyte";
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: mega ? 1 : 0 }).format(count);
}

export const percent = (share: number) => new Intl.NumberFormat(language, { style: "percent" }).format(share);
