import { type FormEvent, useEffect, useState } from "react";
import { api } from "../api/endpoints";
import type { Me } from "../api/types";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { SignInFrame } from "./frame";
import { text } from "./messages";

export default function SignIn({ wasSignedIn, onSignedIn }: { wasSignedIn: boolean; onSignedIn: (me: Me) => void }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = text.signIn;
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    api
      .signIn(String(form.get("email")), String(form.get("password")))
      .then(onSignedIn, (failure: Error) => setError(failure.message))
      .finally(() => setBusy(false));
  };
  return (
    <SignInFrame title={text.signInTo} why={wasSignedIn ? text.signedOut : undefined}>
      <form className="form" onSubmit={submit}>
        <Field label={text.email} name="email" type="email" autoComplete="username" required autoFocus />
        <Field label={text.password} name="password" type="password" autoComplete="current-password" required />
        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
        <Button type="submit" look="primary" busy={busy}>
          {text.signIn}
        </Button>
      </form>
    </SignInFrame>
  );
}
