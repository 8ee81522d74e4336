import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CallSettings, Me } from "../api/types";
import { Button } from "../ui/button";
import { Check, Field } from "../ui/form";
import { Failed, Skeleton } from "../ui/states";
import { say } from "../ui/toast";
import { Card } from "./card";
import { Dispositions } from "./dispositions";
import { OpeningHours, readHours } from "./hours";
import { text as shared } from "./messages";
import { text } from "./phone-messages";

type Line = CallSettings["line"];

const PREFIX = /^\+[1-9]\d{0,6}$/u;

/** How every telephone line of the workspace behaves; what one line has of its own is kept as it is. */
export function PhoneSettings({ me }: { me: Me }) {
  const settings = useQuery({ queryKey: keys.callSettings, queryFn: api.callSettings });
  const inboxes = useQuery({ queryKey: keys.inboxes, queryFn: api.inboxes });
  const admin = me.role !== "agent";
  if (settings.isPending) return <Skeleton rows={4} className="skeleton-item" />;
  if (settings.isError) {
    return <Failed what={shared.failed} error={settings.error} retry={() => void settings.refetch()} />;
  }
  const lines = inboxes.data?.some((inbox) => inbox.capabilities.calls);
  return (
    <>
      {lines === false && <p className="quiet">{text.noLine}</p>}
      {!admin && <p className="quiet">{text.onlyAdmins}</p>}
      <LineForm settings={settings.data} admin={admin} />
    </>
  );
}

function LineForm({ settings, admin }: { settings: CallSettings; admin: boolean }) {
  const client = useQueryClient();
  const { line } = settings;
  const [consent, setConsent] = useState(line.consent);
  const [voicemail, setVoicemail] = useState(line.voicemail);
  const [machines, setMachines] = useState(line.machines);
  const [dispositions, setDispositions] = useState(settings.dispositions);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailed("");
    try {
      const changed = { ...settings, line: readLine(line, form), dispositions };
      client.setQueryData(keys.callSettings, await api.setCallSettings(changed));
      void client.invalidateQueries({ queryKey: keys.myCalls });
      say(shared.saved);
    } catch (error) {
      setFailed(words(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={(event) => void save(event)}>
      <fieldset className="bare form" disabled={!admin}>
        <Card title={text.hours} why={text.hoursWhy}>
          <OpeningHours hours={line.hours} />
        </Card>
        <Card title={text.said}>
          <div className="form">
            <Said label={text.greeting} name="greeting" line={line} help={text.greetingHelp} />
            <Said label={text.closed} name="closed" line={line} />
            <Check
              label={text.voicemail}
              name="voicemail"
              checked={voicemail}
              onChange={(event) => setVoicemail(event.target.checked)}
            />
            {voicemail ? (
              <Said label={text.voicemailGreeting} name="voicemail_greeting" line={line} />
            ) : (
              <Said label={text.goodbye} name="goodbye" line={line} />
            )}
            <Field
              label={text.language}
              name="language"
              defaultValue={line.language}
              help={text.languageHelp}
              required
              maxLength={20}
            />
          </div>
        </Card>
        <Card title={text.ringing}>
          <div className="form">
            <Seconds label={text.ownerFirst} name="owner_first_s" line={line} min={0} max={120} />
            <Seconds label={text.ring} name="ring_s" line={line} min={5} max={120} />
            <Seconds label={text.queue} name="queue_s" line={line} min={0} max={3600} />
          </div>
        </Card>
        <Card title={text.recording} why={text.recordingWhy}>
          <div className="form">
            <label className="field">
              <span className="field-label">{text.consent}</span>
              <select
                className="input"
                name="consent"
                value={consent}
                onChange={(event) => setConsent(event.target.value as Line["consent"])}
              >
                {Object.entries(text.consents).map(([key, label]) => (
                  <option key={key} value={key}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
            {consent === "announce" && <Said label={text.announcement} name="announcement" line={line} />}
            {consent === "ask" && <Said label={text.question} name="question" line={line} />}
            {consent !== "never" && (
              <Check label={text.record} help={text.recordHelp} name="record" defaultChecked={line.record} />
            )}
            <Check label={text.transcribe} name="transcribe" defaultChecked={line.transcribe} />
          </div>
        </Card>
        <Card title={text.calling}>
          <div className="form">
            <label className="field">
              <span className="field-label">{text.allow}</span>
              <textarea className="input" name="allow" rows={3} defaultValue={line.allow.join("\n")} />
              <span className="field-help">{text.allowHelp}</span>
            </label>
            <Check
              label={text.machines}
              name="machines"
              checked={machines}
              onChange={(event) => setMachines(event.target.checked)}
            />
            {machines && <Said label={text.drop} name="drop" line={line} />}
          </div>
        </Card>
        <Card title={text.dispositions} why={text.dispositionsWhy}>
          <Dispositions all={dispositions} onChange={setDispositions} />
          <Check label={text.wrapUpRequired} name="wrap_up_required" defaultChecked={line.wrap_up_required} />
        </Card>
        {failed && (
          <p className="form-error" role="alert">
            {failed}
          </p>
        )}
        {admin && (
          <div className="form-end">
            <Button type="submit" look="primary" busy={busy}>
              {shared.save}
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  );
}

interface SaidProps {
  label: string;
  name: "greeting" | "closed" | "voicemail_greeting" | "goodbye" | "announcement" | "question" | "drop";
  line: Line;
  help?: string;
}

function Said({ label, name, line, help }: SaidProps) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <textarea className="input" name={name} rows={2} maxLength={1000} defaultValue={line[name]} />
      {help && <span className="field-help">{help}</span>}
    </label>
  );
}

interface SecondsProps {
  label: string;
  name: "owner_first_s" | "ring_s" | "queue_s";
  line: Line;
  min: number;
  max: number;
}

function Seconds({ label, name, line, min, max }: SecondsProps) {
  return <Field label={label} name={name} type="number" required min={min} max={max} defaultValue={line[name]} />;
}

/** What the form shows; what it hides just now stays as it was. */
function readLine(line: Line, form: FormData): Line {
  const said = (name: SaidProps["name"] | "language") => String(form.get(name) ?? line[name]);
  return {
    ...line,
    hours: readHours(form),
    greeting: said("greeting"),
    closed: said("closed"),
    voicemail_greeting: said("voicemail_greeting"),
    goodbye: said("goodbye"),
    announcement: said("announcement"),
    question: said("question"),
    drop: said("drop"),
    language: said("language"),
    voicemail: form.has("voicemail"),
    machines: form.has("machines"),
    transcribe: form.has("transcribe"),
    record: form.has("record"),
    wrap_up_required: form.has("wrap_up_required"),
    owner_first_s: Number(form.get("owner_first_s")),
    ring_s: Number(form.get("ring_s")),
    queue_s: Number(form.get("queue_s")),
    consent: form.get("consent") as Line["consent"],
    allow: readPrefixes(String(form.get("allow"))),
  };
}

function readPrefixes(written: string): string[] {
  return written
    .split(/[\s,;]+/u)
    .filter(Boolean)
    .map((prefix) => {
      if (!PREFIX.test(prefix)) throw new Error(text.badPrefix(prefix));
      return prefix;
    });
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return text.failed;
  const fields = error instanceof ApiError ? Object.values(error.problem.fields) : [];
  return [text.failed, error.message, ...fields].join(" ");
}
