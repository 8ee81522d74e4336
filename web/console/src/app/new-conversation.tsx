import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/form";
import { text } from "./messages";

const SHOWN = 5;

/** Writing first: to somebody known, or to a new address, which is a claim until it answers. */
export function NewConversation({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const [address, setAddress] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const asked = useDeferredValue(address.trim());
  const known = useQuery({
    queryKey: keys.customers(asked),
    queryFn: () => api.customers(asked),
    enabled: asked.length > 1,
    placeholderData: (old) => old,
  });
  const open = (thread: string) => {
    onClose();
    go(`/inbox/all/${thread}`);
    setTimeout(() => document.querySelector<HTMLElement>(".composer-text")?.focus(), 300);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    setBusy(true);
    api
      .newCustomer({ name: name || address, kind: "email", address })
      .then(
        (customer) => open(customer.thread_id),
        (failure: Error) => setError(`${text.newFailed} ${failure.message}`),
      )
      .finally(() => setBusy(false));
  };
  const people = (asked.length > 1 && known.data?.items.slice(0, SHOWN)) || [];
  return (
    <Dialog title={text.newConversation} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={text.newAddress}
          data-autofocus
          type="email"
          required
          value={address}
          autoComplete="off"
          onChange={(event) => setAddress(event.target.value)}
        />
        {people.length > 0 && (
          <section aria-label={text.existing} className="known-people">
            {people.map((person) => (
              <button key={person.customer_id} type="button" className="result" onClick={() => open(person.thread_id)}>
                <Avatar id={person.thread_id} name={person.name} size="s" />
                <span className="grow ellipsis">{person.name}</span>
                <span className="quiet ellipsis">{person.addresses[0]}</span>
              </button>
            ))}
          </section>
        )}
        <Field label={text.newName} name="name" autoComplete="off" maxLength={200} />
        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {text.newStart}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
