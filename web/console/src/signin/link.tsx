import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link as Anchor } from "wouter";
import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import type { Link, Me } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { Skeleton } from "../ui/states";
import { SignInFrame } from "./frame";
import { text } from "./messages";

interface LinkPageProps {
  token: string;
  onSignedIn: (me: Me, first: boolean) => void;
}

/** The page of a one-time link: looking spends nothing, the button does. */
export default function LinkPage({ token, onSignedIn }: LinkPageProps) {
  const link = useQuery({ queryKey: ["link", token], queryFn: () => api.link(token), retry: false, staleTime: 60_000 });
  if (link.isPending) {
    return (
      <SignInFrame title={text.checking}>
        <Skeleton rows={3} className="skeleton-row" />
      </SignInFrame>
    );
  }
  if (link.isError) {
    return (
      <SignInFrame title={text.linkFailed} why={link.error.message}>
        <p className="quiet">{text.askNew}</p>
        <Anchor href="/signin" className="button button-outline">
          {text.toSignIn}
        </Anchor>
      </SignInFrame>
    );
  }
  return <UseLink token={token} link={link.data} onSignedIn={onSignedIn} />;
}

function UseLink({ token, link, onSignedIn }: LinkPageProps & { link: Link }) {
  const [error, setError] = useState<ApiError | Error | null>(null);
  const [busy, setBusy] = useState(false);
  const used = useRef(false);
  const first = link.purpose === "owner";
  const fields = error instanceof ApiError ? error.problem.fields : {};

  const send = (body: Record<string, string>) => {
    setBusy(true);
    api
      .spendLink({ token, ...body })
      .then((me) => onSignedIn(me, first), setError)
      .finally(() => setBusy(false));
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send(Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)])));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    if (link.purpose !== "signin" || used.current) return;
    used.current = true;
    send({});
  }, [link.purpose]);

  const title = first
    ? text.firstRun
    : link.purpose === "invite"
      ? text.invited(link.workspace)
      : text.signInAs(link.email);
  const why = first ? text.firstRunWhy : link.purpose === "invite" ? text.invitedWhy : text.oneTime;
  return (
    <SignInFrame title={title} why={why}>
      <form className="form" onSubmit={submit}>
        {link.purpose !== "signin" && (
          <Field
            label={text.yourName}
            name="name"
            autoComplete="name"
            required
            autoFocus
            maxLength={200}
            error={fields.name}
          />
        )}
        {first && (
          <Field
            label={text.email}
            name="email"
            type="email"
            autoComplete="username"
            defaultValue={link.email}
            required
            error={fields.email}
          />
        )}
        {link.purpose === "invite" && (
          <input type="hidden" name="email" autoComplete="username" value={link.email} readOnly />
        )}
        {link.purpose !== "signin" && (
          <Field
            label={text.password}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={10}
            help={text.passwordHint}
            error={fields.password}
          />
        )}
        {first && (
          <Field
            label={text.workspace}
            name="workspace"
            autoComplete="organization"
            defaultValue={link.workspace}
            required
            error={fields.workspace}
          />
        )}
        {error && (
          <p className="form-error" role="alert">
            {error.message}
          </p>
        )}
        <Button type="submit" look="primary" busy={busy}>
          {first ? text.create : link.purpose === "invite" ? text.join : text.signIn}
        </Button>
      </form>
    </SignInFrame>
  );
}
