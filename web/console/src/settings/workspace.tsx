import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Me } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Failed, Skeleton } from "../ui/states";
import { complain, say } from "../ui/toast";
import { Card } from "./card";
import { text } from "./messages";
import { QuietHours, Survey } from "./switches";

export function WorkspaceSettings({ me }: { me: Me }) {
  const client = useQueryClient();
  const workspace = useQuery({ queryKey: keys.workspace, queryFn: api.workspace });
  const [busy, setBusy] = useState(false);
  const admin = me.role !== "agent";
  if (workspace.isPending) return <Skeleton rows={2} className="skeleton-item" />;
  if (workspace.isError) {
    return <Failed what={text.failed} error={workspace.error} retry={() => void workspace.refetch()} />;
  }
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    api.renameWorkspace(String(new FormData(event.currentTarget).get("name"))).then(
      (changed) => {
        client.setQueryData(keys.workspace, changed);
        client.setQueryData<Me>(keys.me, (old) => old && { ...old, workspace: changed.name });
        say(text.saved);
      },
      (error: unknown) => complain("The workspace was not renamed.", error),
    );
  };
  const removeSample = () => {
    setBusy(true);
    api
      .removeSample()
      .then(
        () => {
          say(text.sampleGone);
          return client.invalidateQueries();
        },
        (error: unknown) => complain("The sample was not removed.", error),
      )
      .finally(() => setBusy(false));
  };
  const { name, public_url, version, customers, cases, sample } = workspace.data;
  return (
    <>
      <Card title={text.sections.workspace ?? ""} why={admin ? undefined : text.onlyAdminsWorkspace}>
        <form className="form" onSubmit={rename}>
          <Field
            label={text.workspaceName}
            name="name"
            defaultValue={name}
            required
            maxLength={200}
            readOnly={!admin}
          />
          {admin && (
            <div className="form-end">
              <Button type="submit">{text.save}</Button>
            </div>
          )}
        </form>
      </Card>
      <QuietHours admin={admin} />
      <Survey admin={admin} />
      {sample && admin && (
        <Card title={text.sample} why={text.sampleWhy}>
          <div className="form-end">
            <Button look="danger" icon="trash" busy={busy} onClick={removeSample}>
              {text.removeSample}
            </Button>
          </div>
        </Card>
      )}
      <Card title={text.about}>
        <dl className="facts">
          <Fact words={text.address} fact={public_url} />
          <Fact words={text.version} fact={version} />
          <Fact words={text.customers} fact={customers.toLocaleString()} />
          <Fact words={text.cases} fact={cases.toLocaleString()} />
        </dl>
      </Card>
    </>
  );
}

function Fact({ words, fact }: { words: string; fact: string }) {
  return (
    <div>
      <dt className="quiet">{words}</dt>
      <dd>{fact}</dd>
    </div>
  );
}
