import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Agent, Invited, Me } from "../api/types";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Failed, Skeleton } from "../ui/states";
import { complain } from "../ui/toast";
import { Card, Copyable } from "./card";
import { text } from "./messages";

export function Team({ me }: { me: Me }) {
  const client = useQueryClient();
  const agents = useQuery({ queryKey: keys.agents, queryFn: api.agents });
  const admin = me.role !== "agent";
  const change = (agent: Agent, how: Partial<Pick<Agent, "role" | "active">>) =>
    void api.changeAgent(agent.id, how).then(
      () => client.invalidateQueries({ queryKey: keys.agents }),
      (error: unknown) => complain(`${agent.name} was not changed.`, error),
    );
  return (
    <>
      <p className="quiet">{admin ? text.teamWhy : text.onlyAdminsTeam}</p>
      {agents.isPending && <Skeleton rows={3} className="skeleton-row" />}
      {agents.isError && <Failed what={text.failed} error={agents.error} retry={() => void agents.refetch()} />}
      {agents.data && (
        <Card title={text.sections.team ?? ""}>
          <ul className="settings-rows">
            {agents.data.map((agent) => (
              <li key={agent.id}>
                <Avatar id={agent.id} name={agent.name} size="m" />
                <span className="grow">
                  <span className="settings-row-title">
                    {agent.name} {agent.id === me.id && <span className="quiet">{text.you}</span>}
                  </span>
                  <span className="quiet">{agent.email}</span>
                </span>
                {!agent.active && <span className="chip chip-line">{text.inactive}</span>}
                {admin && agent.id !== me.id && agent.role !== "owner" ? (
                  <>
                    <select
                      className="input role-select"
                      aria-label={`${text.role}: ${agent.name}`}
                      value={agent.role}
                      onChange={(event) => change(agent, { role: event.target.value as Agent["role"] })}
                    >
                      <option value="agent">{text.roles.agent}</option>
                      <option value="admin">{text.roles.admin}</option>
                    </select>
                    <Button onClick={() => change(agent, { active: !agent.active })}>
                      {agent.active ? text.deactivate : text.activate}
                    </Button>
                  </>
                ) : (
                  <span className="chip chip-line">{text.roles[agent.role]}</span>
                )}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {admin && <Invite />}
    </>
  );
}

function Invite() {
  const client = useQueryClient();
  const [invited, setInvited] = useState<Invited | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const fields = error instanceof ApiError ? error.problem.fields : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    setBusy(true);
    setError(null);
    api
      .invite({
        name: String(form.get("name")),
        email: String(form.get("email")),
        role: form.get("role") as Agent["role"],
      })
      .then((made) => {
        setInvited(made);
        target.reset();
        void client.invalidateQueries({ queryKey: keys.agents });
      }, setError)
      .finally(() => setBusy(false));
  };
  return (
    <Card title={text.invite}>
      <form className="form" onSubmit={submit}>
        <Field label={text.name} name="name" required maxLength={200} autoComplete="off" error={fields.name} />
        <Field label={text.email} name="email" type="email" required autoComplete="off" error={fields.email} />
        <label className="field">
          <span className="field-label">{text.role}</span>
          <select className="input" name="role" defaultValue="agent">
            <option value="agent">{text.roles.agent}</option>
            <option value="admin">{text.roles.admin}</option>
          </select>
        </label>
        {error && (
          <p className="form-error" role="alert">
            {error.message}
          </p>
        )}
        <div className="form-end">
          <Button type="submit" busy={busy}>
            {text.makeLink}
          </Button>
        </div>
      </form>
      <div role="status">{invited && <Copyable label={text.inviteLink(invited.name)} value={invited.link} />}</div>
    </Card>
  );
}
