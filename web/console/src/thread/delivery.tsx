import { useQueryClient } from "@tanstack/react-query";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Delivery, Entry, Thread } from "../api/types";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { exactTime, time } from "../ui/time";
import { complain, say } from "../ui/toast";
import { sentence } from "../ui/words";
import { text } from "./messages";

const marks: Record<string, IconName> = {
  queued: "clock",
  sending: "clock",
  sent: "check",
  delivered: "check-check",
  read: "check-check",
  failed: "triangle-alert",
  uncertain: "circle-question-mark",
};
const worstFirst = ["failed", "uncertain", "queued", "sending", "sent", "delivered", "read"];

/** What became of an answer: one line for the worst of its deliveries, with the reason and what can be done. */
export function DeliveryState({ entry }: { entry: Entry }) {
  const [worst] = [...entry.deliveries].sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
  if (entry.direction !== "out" || !worst) return null;
  const trouble = worst.state === "failed" || worst.state === "uncertain";
  return (
    <div className={`delivery delivery-${worst.state}`} title={exactTime(worst.at)}>
      <Icon name={marks[worst.state] ?? "clock"} size="xs" />
      <span>{words(worst)}</span>
      {trouble && <Remedies delivery={worst} entry={entry} />}
      {worst.state === "queued" && worst.attempts > 0 && <Cancel delivery={worst} />}
    </div>
  );
}

function words(delivery: Delivery): string {
  const state = text.states[delivery.state] ?? delivery.state;
  if (delivery.reason && ["failed", "uncertain", "queued"].includes(delivery.state)) {
    return `${state}: ${sentence(delivery.reason)}`;
  }
  if (delivery.state === "read" || delivery.state === "delivered") return `${state} ${time(delivery.at)}`;
  return delivery.remark ? `${state}, ${delivery.remark}` : state;
}

function Remedies({ delivery, entry }: { delivery: Delivery; entry: Entry }) {
  const change = useDeliveryChange(entry.thread_id);
  return (
    <span className="delivery-remedies">
      {delivery.state === "failed" && delivery.retryable && (
        <Button look="link" onClick={() => change(() => api.retry(delivery.id), text.retrying)}>
          {text.retry}
        </Button>
      )}
      {delivery.state === "uncertain" && (
        <>
          <Button look="link" onClick={() => change(() => api.settle(delivery.id, "sent"))}>
            {text.itArrived}
          </Button>
          <Button look="link" onClick={() => change(() => api.settle(delivery.id, "failed"))}>
            {text.itDidNot}
          </Button>
        </>
      )}
      <Button look="link" onClick={() => void copy(entry.text)}>
        {text.copy}
      </Button>
    </span>
  );
}

function Cancel({ delivery }: { delivery: Delivery }) {
  const change = useDeliveryChange("");
  return (
    <Button look="link" onClick={() => change(() => api.cancel(delivery.id))}>
      {text.cancelSend}
    </Button>
  );
}

function useDeliveryChange(thread: string) {
  const client = useQueryClient();
  return (run: () => Promise<Delivery>, said?: string) =>
    void run().then(
      (changed) => {
        if (said) say(said);
        client.setQueryData<Thread>(keys.thread(thread), (old) => old && { ...old, entries: old.entries.map(fresh) });
        function fresh(entry: Entry): Entry {
          const deliveries = entry.deliveries.map((one) => (one.id === changed.id ? changed : one));
          return entry.deliveries.some((one) => one.id === changed.id) ? { ...entry, deliveries } : entry;
        }
      },
      (error: unknown) => complain("That did not work.", error),
    );
}

export async function copy(words: string, said: string = text.copied): Promise<void> {
  await navigator.clipboard.writeText(words);
  say(said);
}
