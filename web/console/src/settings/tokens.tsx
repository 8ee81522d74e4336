import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Me, TokenIn, TokenMade } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Failed, Skeleton } from "../ui/states";
import { shortTime } from "../ui/time";
import { complain, say } from "../ui/toast";
import { Card, Copyable } from "./card";
import { text } from "./messages";

const scopes: Record<string, TokenIn["scopes"]> = {
  read: ["read"],
  write: ["read", "write"],
  admin: ["read", "write", "admin"],
};

export function Tokens({ me }: { me: Me }) {
  const client = useQueryClient();
  const tokens = useQuery({ queryKey: keys.tokens, queryFn: api.tokens });
  const revoke = (id: string) =>
    void api.removeToken(id).then(
      () => {
        say(text.revoked);
        return client.invalidateQueries({ queryKey: keys.tokens });
      },
      (error: unknown) => complain("The token was not revoked.", error),
    );
  return (
    <>
      <p className="quiet">
        {text.tokensWhy}{" "}
        <a href="/api/docs" target="_blank" rel="noopener">
          {text.docs}
        </a>
      </p>
      <Card title={text.sections.tokens ?? ""}>
        {tokens.isPending && <Skeleton rows={2} className="skeleton-row" />}
        {tokens.isError && <Failed what={text.failed} error={tokens.error} retry={() => void tokens.refetch()} />}
        {tokens.data?.length === 0 && <p className="quiet">{text.noTokens}</p>}
        <ul className="settings-rows">
          {tokens.data?.map((token) => (
            <li key={token.id}>
              <span className="grow">
                <span className="settings-row-title">{token.name}</span>
                <span className="quiet">
                  {[
                    token.scopes.join(", "),
                    token.last_used_at ? text.lastUsed(shortTime(token.last_used_at)) : text.neverUsed,
                    token.expires_at && text.expires(shortTime(token.expires_at)),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              </span>
              <Button onClick={() => revoke(token.id)}>{text.revoke}</Button>
            </li>
          ))}
        </ul>
      </Card>
      <NewToken admin={me.role !== "agent"} />
    </>
  );
}

function NewToken({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const [made, setMade] = useState<TokenMade | null>(null);
  const [error, setError] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    const days = String(form.get("days"));
    setError("");
    api
      .addToken({
        name: String(form.get("name")),
        scopes: scopes[String(form.get("scope"))] ?? ["read"],
        days: days ? Number(days) : null,
      })
      .then(
        (token) => {
          setMade(token);
          target.reset();
          void client.invalidateQueries({ queryKey: keys.tokens });
        },
        (failure: Error) => setError(failure.message),
      );
  };
  return (
    <Card title={text.newToken}>
      <form className="form" onSubmit={submit}>
        <Field label={text.tokenName} name="name" required maxLength={200} autoComplete="off" />
        <label className="field">
          <span className="field-label">{text.scopes}</span>
          <select className="input" name="scope">
            {Object.entries(text.scopeWords)
              .filter(([scope]) => admin || scope !== "admin")
              .map(([scope, words]) => (
                <option key={scope} value={scope}>
                  {words}
                </option>
              ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">{text.days}</span>
          <select className="input" name="days" defaultValue="90">
            {["30", "90", "365", ""].map((days) => (
              <option key={days} value={days}>
                {text.dayWords[days]}
              </option>
            ))}
          </select>
        </label>
        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
        <div className="form-end">
          <Button type="submit">{text.newToken}</Button>
        </div>
      </form>
      <div role="status">{made && <Copyable label={text.secretOnce} value={made.secret} />}</div>
    </Card>
  );
}
