import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Me } from "../api/types";
import { Button } from "../ui/button";
import { Check, Field } from "../ui/form";
import { type Preferences, prefer, usePreferences } from "../ui/preferences";
import { Failed, Skeleton } from "../ui/states";
import { shortTime } from "../ui/time";
import { complain, say } from "../ui/toast";
import { Card } from "./card";
import { text } from "./messages";

const PHONE = /^\+[1-9]\d{6,14}$/u;

export function MySettings({ me }: { me: Me }) {
  return (
    <>
      <Profile me={me} />
      <Looks />
      <Password me={me} />
      <Sessions />
    </>
  );
}

function Profile({ me }: { me: Me }) {
  const client = useQueryClient();
  const [wrong, setWrong] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const phone = String(form.get("phone")).replace(/[\s().-]/gu, "");
    setWrong(!phone || PHONE.test(phone) ? "" : text.telephoneWrong);
    if (phone && !PHONE.test(phone)) return;
    const settings = { phone: phone || null, ring_phone: (phone && form.has("ring_phone")) || null };
    api.changeMe({ name: String(form.get("name")), settings }).then(
      ({ name, initials, settings: kept }) => {
        client.setQueryData<Me>(keys.me, (old) => old && { ...old, name, initials, settings: kept });
        say(text.saved);
      },
      (error: unknown) => complain(text.profileFailed, error),
    );
  };
  return (
    <Card title={text.profile}>
      <form className="form" onSubmit={submit}>
        <Field label={text.name} name="name" defaultValue={me.name} required maxLength={200} autoComplete="name" />
        <Field label={text.email} value={me.email} readOnly />
        <Field
          label={text.telephone}
          name="phone"
          type="tel"
          autoComplete="tel"
          maxLength={40}
          defaultValue={String(me.settings.phone ?? "")}
          help={text.telephoneHelp}
          error={wrong}
        />
        <Check
          label={text.ringPhone}
          help={text.ringPhoneHelp}
          name="ring_phone"
          defaultChecked={Boolean(me.settings.ring_phone)}
        />
        <div className="form-end">
          <Button type="submit">{text.save}</Button>
        </div>
      </form>
    </Card>
  );
}

function Looks() {
  const likes = usePreferences();
  return (
    <Card title={text.looks}>
      <div className="form">
        <Choice
          label={text.theme}
          value={likes.theme}
          options={text.themes}
          onChange={(theme) => prefer({ theme: theme as Preferences["theme"] })}
        />
        <Choice
          label={text.density}
          value={likes.density}
          options={text.densities}
          onChange={(density) => prefer({ density: density as Preferences["density"] })}
        />
        <Choice
          label={text.textSize}
          value={String(likes.textSize)}
          options={{ "90": "90 %", "100": "100 %", "112": "112 %", "125": "125 %" }}
          onChange={(size) => prefer({ textSize: Number(size) as Preferences["textSize"] })}
        />
        <label className="check-field">
          <input
            type="checkbox"
            checked={likes.singleKeys}
            onChange={(event) => prefer({ singleKeys: event.target.checked })}
          />
          <span>
            {text.singleKeys}
            <span className="field-help"> {text.singleKeysHelp}</span>
          </span>
        </label>
      </div>
    </Card>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: Record<string, string>;
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <fieldset className="choice">
      <legend className="field-label">{label}</legend>
      <div className="choice-options">
        {Object.entries(options).map(([key, words]) => (
          <label key={key} className={key === value ? "is-active" : ""}>
            <input type="radio" name={label} value={key} checked={key === value} onChange={() => onChange(key)} />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Password({ me }: { me: Me }) {
  const client = useQueryClient();
  const [error, setError] = useState<Error | null>(null);
  const fields = error instanceof ApiError ? error.problem.fields : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    setError(null);
    api.setPassword(String(form.get("current") ?? ""), String(form.get("new"))).then(() => {
      target.reset();
      client.setQueryData<Me>(keys.me, (old) => old && { ...old, needs_password: false });
      void client.invalidateQueries({ queryKey: keys.sessions });
      say(text.passwordChanged);
    }, setError);
  };
  return (
    <Card title={text.password} why={me.needs_password ? text.needsPassword : undefined}>
      <form className="form" onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
        {!me.needs_password && (
          <Field
            label={text.currentPassword}
            name="current"
            type="password"
            autoComplete="current-password"
            required
            error={fields.current}
          />
        )}
        <Field
          label={text.newPassword}
          name="new"
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          help={text.passwordHelp}
          error={fields.new}
        />
        {error && (
          <p className="form-error" role="alert">
            {error.message}
          </p>
        )}
        <div className="form-end">
          <Button type="submit">{me.needs_password ? text.setPassword : text.changePassword}</Button>
        </div>
      </form>
    </Card>
  );
}

function Sessions() {
  const client = useQueryClient();
  const sessions = useQuery({ queryKey: keys.sessions, queryFn: api.sessions });
  const end = (id: string) =>
    void api.endSession(id).then(
      () => {
        say(text.sessionEnded);
        return client.invalidateQueries({ queryKey: keys.sessions });
      },
      (error: unknown) => complain("The device was not signed out.", error),
    );
  return (
    <Card title={text.sessions}>
      {sessions.isPending && <Skeleton rows={2} className="skeleton-row" />}
      {sessions.isError && <Failed what={text.failed} error={sessions.error} retry={() => void sessions.refetch()} />}
      <ul className="settings-rows">
        {sessions.data?.map((session) => (
          <li key={session.id}>
            <span className="grow">
              <span className="settings-row-title">{device(session.user_agent)}</span>
              <span className="quiet">
                {session.ip} · {text.lastSeen(shortTime(session.last_seen_at))}
              </span>
            </span>
            {session.current ? (
              <span className="chip chip-ok">{text.thisOne}</span>
            ) : (
              <Button onClick={() => end(session.id)}>{text.endSession}</Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Enough to recognise one's own device by. */
function device(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//u.exec(agent)?.[1] ?? "Browser";
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/u.exec(agent)?.[1] ?? "";
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  return [names[browser] ?? browser, names[system] ?? system].filter(Boolean).join(" on ");
}
