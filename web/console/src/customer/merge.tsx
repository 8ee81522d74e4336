import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CustomerHit, Merge, Thread } from "../api/types";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/form";
import { shortTime } from "../ui/time";
import { complain, say } from "../ui/toast";
import { text } from "./messages";

const SHOWN = 6;

/** Two customers become one; the one that is open here remains, and the way back is offered at once. */
export function MergeWith({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const client = useQueryClient();
  const [q, setQ] = useState("");
  const [chosen, setChosen] = useState<CustomerHit | null>(null);
  const [busy, setBusy] = useState(false);
  const asked = useDeferredValue(q.trim());
  const found = useQuery({
    queryKey: keys.customers(asked),
    queryFn: () => api.customers(asked),
    enabled: asked.length > 1,
    placeholderData: (old) => old,
  });
  const people = (found.data?.items ?? []).filter((one) => one.customer_id !== thread.customer.id).slice(0, SHOWN);
  const merge = async (other: CustomerHit) => {
    setBusy(true);
    try {
      const made = await api.merge(other.customer_id, thread.customer.id);
      await client.invalidateQueries({ queryKey: keys.thread(thread.id) });
      void client.invalidateQueries({ queryKey: keys.merges(thread.customer.id) });
      say(text.merged(other.name), { label: text.undo, run: () => void undo(made) });
      onClose();
    } catch (failure) {
      complain(text.mergeFailed, failure);
    } finally {
      setBusy(false);
    }
  };
  const undo = async (made: Merge) => {
    try {
      await api.undoMerge(made.id, text.undoneAtOnce);
      await client.invalidateQueries({ queryKey: keys.thread(thread.id) });
    } catch (failure) {
      complain(text.unmergeFailed, failure);
    }
  };
  return (
    <Dialog title={text.merge(thread.customer.name)} onClose={onClose}>
      <div className="form">
        <Field
          label={text.mergeWho}
          data-autofocus
          value={q}
          autoComplete="off"
          onChange={(event) => {
            setQ(event.target.value);
            setChosen(null);
          }}
        />
        <section aria-label={text.mergeWho} className="known-people">
          {people.map((person) => (
            <button
              key={person.customer_id}
              type="button"
              className={`result ${chosen?.customer_id === person.customer_id ? "is-active" : ""}`}
              aria-pressed={chosen?.customer_id === person.customer_id}
              onClick={() => setChosen(person)}
            >
              <Avatar id={person.thread_id} name={person.name} size="s" />
              <span className="grow ellipsis">{person.name}</span>
              <span className="quiet ellipsis">{person.addresses.join(", ")}</span>
            </button>
          ))}
          {asked.length > 1 && found.data && !people.length && <p className="quiet">{text.mergeNobody}</p>}
        </section>
        <p className="field-help">{chosen ? text.mergeWhat(chosen.name, thread.customer.name) : text.mergeHelp}</p>
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button look="primary" busy={busy} aria-disabled={!chosen} onClick={() => chosen && void merge(chosen)}>
            {text.mergeDo}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** What was merged into this customer, each with the way back. */
export function Merges({ thread }: { thread: Thread }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const { id } = thread.customer;
  const merges = useQuery({ queryKey: keys.merges(id), queryFn: () => api.merges(id), retry: false });
  const standing = (merges.data ?? []).filter((one) => !one.undone_at);
  if (!standing.length) return null;
  const undo = async (merge: Merge) => {
    try {
      const parted = await api.undoMerge(merge.id, "");
      await client.invalidateQueries({ queryKey: keys.thread(thread.id) });
      void client.invalidateQueries({ queryKey: keys.merges(id) });
      say(text.unmerged, { label: text.openOther, run: () => go(`/inbox/all/${parted.from_thread}`) });
    } catch (failure) {
      complain(text.unmergeFailed, failure);
    }
  };
  return standing.map((one) => (
    <div key={one.id} className="address">
      <span className="grow ellipsis" title={one.reason}>
        {text.mergedOn(shortTime(one.created_at), one.by)}
      </span>
      <Button look="link" onClick={() => void undo(one)}>
        {text.unmerge}
      </Button>
    </div>
  ));
}
