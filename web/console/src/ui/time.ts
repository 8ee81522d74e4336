/** Times as people read them: the clock for today, the weekday within a week, the date before. */
const DAY = 86_400_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dateAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const longDay = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const longDayAndYear = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export function time(at: string): string {
  return clock.format(new Date(at));
}

export function exactTime(at: string): string {
  return exact.format(new Date(at));
}

/** For lists: as short as it can be and still be clear. */
export function shortTime(at: string, now: Date = new Date()): string {
  const then = new Date(at);
  const days = Math.round((midnight(now) - midnight(then)) / DAY);
  if (days === 0) return clock.format(then);
  if (days > 0 && days < 7) return weekday.format(then);
  return then.getFullYear() === now.getFullYear() ? date.format(then) : dateAndYear.format(then);
}

export function dayName(at: string, now: Date = new Date()): string {
  const then = new Date(at);
  const days = Math.round((midnight(now) - midnight(then)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (then.getFullYear() === now.getFullYear() ? longDay : longDayAndYear).format(then);
}

export function sameDay(a: string, b: string): boolean {
  return midnight(new Date(a)) === midnight(new Date(b));
}

/** How long ago or until then, in one unit: `8m`, `2h`, `3d`. */
export function span(ms: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000));
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)}h`;
  return `${Math.round(minutes / 1440)}d`;
}

export function whenDue(at: string, now: Date = new Date()): string {
  const day = dayName(at, now);
  const days = Math.round((midnight(new Date(at)) - midnight(now)) / DAY);
  if (days === 1) return `tomorrow ${time(at)}`;
  return day === "Today" ? time(at) : `${shortTime(at, now)} ${time(at)}`;
}

export function localTime(zone: string, now: Date = new Date()): string {
  try {
    return new Intl.DateTimeFormat(undefined, {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
      timeZone: zone,
    }).format(now);
  } catch {
    return "";
  }
}

function midnight(at: Date): number {
  return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
}
