import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Promised, Thread } from "../api/types";
import { IconButton } from "../ui/button";
import { channelLook } from "../ui/channel";
import { Icon } from "../ui/icon";
import { whenDue } from "../ui/time";
import { complain, say } from "../ui/toast";
import { text } from "./messages";
import { PromiseDialog } from "./promise";

/** What somebody who has never heard of this customer must know before the first word. */
export function Handover({ thread }: { thread: Thread }) {
  const client = useQueryClient();
  const card = useQuery({ queryKey: keys.handover(thread.id, thread.rev), queryFn: () => api.handover(thread.id) });
  const [moves, setMoves] = useState<Promised | null>(null);
  if (!card.data) return null;
  const { promises, failed, values, consents, preferred_channel: preferred } = card.data;
  const forbidden = consents.filter((one) => !one.allowed);
  const known = values.filter((one) => Object.keys(one.values).length > 0);
  if (!promises.length && !failed.length && !known.length && !forbidden.length && !preferred) return null;
  const keep = async (promise: Promised) => {
    try {
      await api.keepPromise(promise.id);
      say(text.kept);
      void client.invalidateQueries({ queryKey: keys.promises });
    } catch (error) {
      complain(text.promiseFailed, error);
    }
  };
  return (
    <section className="panel-card handover" aria-label={text.handover}>
      <h3>{text.handover}</h3>
      {promises.map((promise) => (
        <div key={promise.id} className={`promise ${isLate(promise) ? "is-late" : ""}`}>
          <Icon name="clock" size="s" />
          <div className="grow">
            <div dir="auto">{promise.text}</div>
            <div className="quiet">{`${text.due(whenDue(promise.due_at))} · ${promise.who}`}</div>
          </div>
          <IconButton icon="check" label={text.keepIt(promise.text)} onClick={() => void keep(promise)} />
          <IconButton icon="alarm-clock" label={text.moveIt(promise.text)} onClick={() => setMoves(promise)} />
        </div>
      ))}
      {failed.map((one) => (
        <p key={one.delivery_id} className="bad">
          {text.notDelivered(channelLook(one.channel).label, one.reason)}
        </p>
      ))}
      {known.map((one) => (
        <dl key={one.case_id} className="known-values">
          {Object.entries(one.values).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd dir="auto">{String(value)}</dd>
            </div>
          ))}
        </dl>
      ))}
      {forbidden.map((one) => (
        <p key={`${one.kind}/${one.address}/${one.inbox_id}`} className="bad">
          <Icon name="ban" size="xs" /> {text.stopped(one.address)}
        </p>
      ))}
      {preferred && <p className="quiet">{text.prefers(channelLook(preferred).label)}</p>}
      {moves && <PromiseDialog thread={thread} moved={moves} onClose={() => setMoves(null)} />}
    </section>
  );
}

function isLate(promise: Promised): boolean {
  return promise.state === "open" && Date.parse(promise.due_at) < Date.now();
}

/** The channel they like best, said by them or noticed by us; the composer begins with it. */
export function Preference({ thread }: { thread: Thread }) {
  const client = useQueryClient();
  const { customer } = thread;
  const channels = [...new Set(thread.targets.map((one) => one.channel))];
  const choose = async (channel: string) => {
    try {
      const changed = await api.prefer(customer.id, channel);
      client.setQueryData<Thread>(keys.thread(thread.id), (old) => old && { ...old, customer: changed });
    } catch (error) {
      complain(text.preferFailed, error);
    }
  };
  return (
    <label className="address">
      <span className="grow quiet">{text.prefersLabel}</span>
      <select
        className="input input-small"
        value={customer.preferred_channel}
        onChange={(event) => void choose(event.target.value)}
      >
        <option value="">{text.lastUsed}</option>
        {channels.map((channel) => (
          <option key={channel} value={channel}>
            {channelLook(channel).label}
          </option>
        ))}
      </select>
    </label>
  );
}
