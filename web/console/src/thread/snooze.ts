/** Times people type: "fri 3pm", "in 2 hours", "tomorrow", "next week", "14:30", "3 dec 9:00". Null: not a time. */
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const units: Record<string, number> = { m: 1, h: 60, d: 1440, w: 10_080 };
const MORNING = 8;

export function parseTime(typed: string, now: Date): Date | null {
  const words = typed
    .trim()
    .toLowerCase()
    .replace(/\bat\b/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
  if (!words) return null;
  const span = /^(?:in )?(\d+) ?(m|h|d|w)(?:in|ins|inutes?|rs?|ours?|ays?|eeks?)?$/u.exec(words);
  if (span) return later(now, Number(span[1]) * (units[span[2] ?? ""] ?? 0));
  const clock = /(?:^| )(\d{1,2})(?:[:.](\d{2}))? ?(am|pm)?$/u.exec(words);
  return at(clock ? words.slice(0, clock.index).trim() : words, clock, now) ?? (clock && at(words, null, now));
}

/** A day's words and a clock; without a clock it is the morning, without a day the next time that the clock shows it. */
function at(date: string, clock: RegExpExecArray | null, now: Date): Date | null {
  const day = date ? parseDay(date, now) : start(now);
  const hour = clock ? hours(Number(clock[1]), clock[3]) : MORNING;
  const minute = Number(clock?.[2] ?? 0);
  if (!day || hour === null || minute > 59) return null;
  day.setHours(hour, minute, 0, 0);
  if (day <= now && !date) day.setDate(day.getDate() + 1);
  return day > now ? day : null;
}

export function laterToday(now: Date): Date {
  return later(now, 180);
}

export function morning(now: Date, inDays: number): Date {
  const day = start(now);
  day.setDate(day.getDate() + inDays);
  day.setHours(MORNING);
  return day;
}

export function nextMonday(now: Date): Date {
  return morning(now, (8 - now.getDay()) % 7 || 7);
}

function parseDay(words: string, now: Date): Date | null {
  const day = start(now);
  if (words === "today") return day;
  if (words === "tomorrow" || words === "tom") return moved(day, 1);
  if (words === "next week") return nextMonday(now);
  const weekday = /^(?:next |on )?([a-z]{3})[a-z]*$/u.exec(words);
  const wanted = days.indexOf(weekday?.[1] ?? "");
  if (wanted >= 0) return moved(day, (wanted - day.getDay() + 7) % 7 || 7);
  const date = /^(\d{1,2}) ([a-z]{3})[a-z]*$/u.exec(words) ?? /^([a-z]{3})[a-z]* (\d{1,2})$/u.exec(words);
  if (!date) return null;
  const month = months.indexOf([date[1], date[2]].find((part) => /[a-z]/u.test(part ?? "")) ?? "");
  const number = Number([date[1], date[2]].find((part) => /\d/u.test(part ?? "")));
  if (month < 0 || number < 1 || number > 31) return null;
  day.setMonth(month, number);
  if (day < start(now)) day.setFullYear(day.getFullYear() + 1);
  return day;
}

function hours(hour: number, half: string | undefined): number | null {
  if (half) return hour < 1 || hour > 12 ? null : (hour % 12) + (half === "pm" ? 12 : 0);
  return hour > 23 ? null : hour;
}

function later(now: Date, minutes: number): Date {
  return new Date(now.getTime() + minutes * 60_000);
}

function start(now: Date): Date {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day;
}

function moved(day: Date, by: number): Date {
  day.setDate(day.getDate() + by);
  return day;
}
