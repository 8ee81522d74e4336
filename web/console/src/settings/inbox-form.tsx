import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Connector, Inbox, InboxTest } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Icon } from "../ui/icon";
import { say } from "../ui/toast";
import { sentence } from "../ui/words";
import { text } from "./messages";
import { cleaned, initialValues, type Schema, SchemaForm } from "./schema-form";

interface InboxFormProps {
  connector: Connector;
  inbox?: Inbox;
  onDone: (inbox: Inbox) => void;
  onBack?: () => void;
}

/** Drawn from the connector's schema: a new connector needs no change here. */
export function InboxForm({ connector, inbox, onDone, onBack }: InboxFormProps) {
  const client = useQueryClient();
  const schema = connector.schema as Schema;
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(inbox?.name ?? connector.label);
  const [values, setValues] = useState(() => initialValues(schema, inbox?.settings));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failed, setFailed] = useState("");
  const [tested, setTested] = useState<InboxTest | null>(null);
  const [busy, setBusy] = useState<"" | "test" | "save">("");

  const refused = (error: unknown) => {
    setErrors(error instanceof ApiError ? error.problem.fields : {});
    setFailed(error instanceof Error ? error.message : String(error));
  };
  const run = async (what: "test" | "save", how: () => Promise<void>) => {
    if (!form.current?.reportValidity()) return;
    setBusy(what);
    setErrors({});
    setFailed("");
    setTested(null);
    await how().catch(refused);
    setBusy("");
  };
  const body = () => ({ connector: connector.key, name, settings: cleaned(values) });
  const test = () =>
    run("test", async () => {
      const result = await api.testInbox(body(), inbox?.id);
      setTested(result);
      if (!result.ok && result.field) setErrors({ [result.field]: result.message });
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    void run("save", async () => {
      const kept = inbox
        ? await api.changeInbox(inbox.id, { name, settings: cleaned(values) })
        : await api.addInbox(body());
      await client.invalidateQueries({ queryKey: keys.inboxes });
      void client.invalidateQueries({ queryKey: keys.views });
      say(text.saved);
      onDone(kept);
    });
  };
  return (
    <form ref={form} className="form inbox-form" onSubmit={save} noValidate>
      <div className="form inbox-fields" tabIndex={0} role="group" aria-label={connector.label}>
        <Field
          label={text.inboxName}
          help={text.inboxNameHelp}
          value={name}
          required
          maxLength={200}
          error={errors.name}
          onChange={(event) => setName(event.target.value)}
        />
        <SchemaForm
          schema={schema}
          values={values}
          errors={errors}
          stored={inbox?.settings}
          onChange={(field, value) => {
            setTested(null);
            setValues((old) => ({ ...old, [field]: value }));
          }}
        />
      </div>
      <div role="status">
        {busy === "test" && <p className="quiet">{text.testing}</p>}
        {tested && (
          <p className={`test-result ${tested.ok ? "is-ok" : "is-bad"}`}>
            <Icon name={tested.ok ? "check" : "triangle-alert"} size="s" />
            <span>
              <b>{tested.ok ? text.testOk : text.testFailed}</b> {sentence(tested.message)}
            </span>
          </p>
        )}
      </div>
      {failed && (
        <p className="form-error" role="alert">
          {failed}
        </p>
      )}
      <div className="form-end">
        {onBack && (
          <Button icon="arrow-left" onClick={onBack}>
            {text.otherChannel}
          </Button>
        )}
        <span className="grow" />
        <Button busy={busy === "test"} onClick={() => void test()}>
          {text.test}
        </Button>
        <Button type="submit" look="primary" busy={busy === "save"}>
          {inbox ? text.save : text.connectIt}
        </Button>
      </div>
    </form>
  );
}
