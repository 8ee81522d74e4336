import { useState } from "react";
import type { CallSettings } from "../api/types";
import { Check, Field } from "../ui/form";
import { text } from "./phone-messages";

type Hours = CallSettings["line"]["hours"];

const SPAN = /^((?:[01]\d|2[0-3]):[0-5]\d)\s*[-–]\s*((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/u;
const WORKDAYS = new Set(["mon", "tue", "wed", "thu", "fri"]);
const days = Object.entries(text.days);

export function OpeningHours({ hours }: { hours: Hours }) {
  const [always, setAlways] = useState(hours === null);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="form">
      <Check label={text.always} name="always" checked={always} onChange={(event) => setAlways(event.target.checked)} />
      {!always && (
        <>
          <div className="days">
            {days.map(([day, name]) => (
              <Field
                key={day}
                label={name}
                name={day}
                maxLength={60}
                defaultValue={hours ? written(hours.days[day]) : WORKDAYS.has(day) ? "09:00-18:00" : ""}
              />
            ))}
          </div>
          <p className="field-help">{text.daysHelp}</p>
          <Field
            label={text.zone}
            name="zone"
            required
            maxLength={60}
            defaultValue={hours?.zone ?? here}
            help={text.zoneHelp}
          />
        </>
      )}
    </div>
  );
}

/** Raises an error that says which day can't be read. */
export function readHours(form: FormData): Hours {
  if (form.has("always")) return null;
  const open = days.map(([day, name]) => [day, spans(name, String(form.get(day) ?? ""))] as const);
  return { zone: String(form.get("zone")), days: Object.fromEntries(open.filter(([, some]) => some.length)) };
}

function written(open: [string, string][] | undefined): string {
  return (open ?? []).map(([from, until]) => `${from}-${until}`).join(", ");
}

function spans(day: string, words: string): [string, string][] {
  return words
    .split(/[,;]/u)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, from, until] = SPAN.exec(part) ?? [];
      if (!from || !until || from >= until) throw new Error(text.badSpan(day, part));
      return [from, until];
    });
}
