import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import { Button } from "../ui/button";
import { Check, Field } from "../ui/form";
import { Failed, Skeleton } from "../ui/states";
import { complain, say } from "../ui/toast";
import { Card } from "./card";
import { text } from "./messages";

const MINUTE_S = 60;

/** When what nobody asked for waits until the morning. */
export function QuietHours({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const hours = useQuery({ queryKey: keys.quietHours, queryFn: api.quietHours });
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string) => String(form.get(name) ?? "").trim();
    api.setQuietHours({ on: form.has("on"), start: said("start"), end: said("end"), timezone: said("timezone") }).then(
      (kept) => {
        client.setQueryData(keys.quietHours, kept);
        say(text.saved);
      },
      (error: unknown) => complain(text.quietFailed, error),
    );
  };
  return (
    <Card title={text.quietHours} why={text.quietWhy}>
      {hours.isPending && <Skeleton rows={2} className="skeleton-row" />}
      {hours.isError && <Failed what={text.failed} error={hours.error} retry={() => void hours.refetch()} />}
      {hours.data && (
        <form className="form" onSubmit={save}>
          <fieldset className="bare form" disabled={!admin}>
            <Check label={text.quietOn} name="on" defaultChecked={hours.data.on} />
            <div className="field-row">
              <Field label={text.quietFrom} name="start" type="time" required defaultValue={hours.data.start} />
              <Field label={text.quietTo} name="end" type="time" required defaultValue={hours.data.end} />
              <Field
                label={text.quietZone}
                name="timezone"
                placeholder="Europe/London"
                defaultValue={hours.data.timezone}
                help={text.quietZoneHelp}
                maxLength={60}
              />
            </div>
            {admin && <Save />}
          </fieldset>
        </form>
      )}
    </Card>
  );
}

/** One question after a case, or none. */
export function Survey({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const survey = useQuery({ queryKey: keys.survey, queryFn: api.survey });
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    api.setSurvey({ on: form.has("on"), after_s: Math.round(Number(form.get("after")) * MINUTE_S) }).then(
      (kept) => {
        client.setQueryData(keys.survey, kept);
        say(text.saved);
      },
      (error: unknown) => complain(text.surveyFailed, error),
    );
  };
  return (
    <Card title={text.survey} why={text.surveyWhy}>
      {survey.isPending && <Skeleton rows={2} className="skeleton-row" />}
      {survey.isError && <Failed what={text.failed} error={survey.error} retry={() => void survey.refetch()} />}
      {survey.data && (
        <form className="form" onSubmit={save}>
          <fieldset className="bare form" disabled={!admin}>
            <Check label={text.surveyOn} name="on" defaultChecked={survey.data.on} />
            <Field
              label={text.surveyAfter}
              name="after"
              type="number"
              min={0}
              step="any"
              required
              defaultValue={survey.data.after_s / MINUTE_S}
              help={text.surveyAfterHelp}
            />
            {admin && <Save />}
          </fieldset>
        </form>
      )}
    </Card>
  );
}

function Save() {
  return (
    <div className="form-end">
      <Button type="submit">{text.save}</Button>
    </div>
  );
}
