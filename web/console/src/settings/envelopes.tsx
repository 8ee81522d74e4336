import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Envelope } from "../api/types";
import { Button } from "../ui/button";
import { exactTime, shortTime } from "../ui/time";
import { complain, say } from "../ui/toast";
import { fileSize } from "../ui/words";
import { text } from "./messages";

const LOOK_AGAIN_MS = 10_000;

/** What came in and could not be read, over all channels. */
export function useDeadEnvelopes(wanted: boolean): Envelope[] {
  const dead = useQuery({
    queryKey: keys.envelopes,
    queryFn: api.deadEnvelopes,
    enabled: wanted,
    refetchInterval: LOOK_AGAIN_MS,
  });
  return dead.data?.items ?? [];
}

export function DeadEnvelopes({ dead }: { dead: Envelope[] }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState("");
  const replay = (envelope: Envelope) => {
    setBusy(envelope.id);
    api
      .replay(envelope.id)
      .then(
        (after) => {
          if (after.state === "dead") complain(text.stillDead, after.reason);
          else say(text.replayed);
        },
        (error: unknown) => complain(text.stillDead, error),
      )
      .finally(() => {
        setBusy("");
        void client.invalidateQueries({ queryKey: keys.envelopes });
      });
  };
  return (
    <section className="dead" aria-label={text.unread}>
      <h3>{text.unread}</h3>
      <p className="quiet">{text.unreadWhy}</p>
      <ul className="settings-rows">
        {dead.map((envelope) => (
          <li key={envelope.id}>
            <span className="grow">
              <span className="settings-row-title">{envelope.reason}</span>
              <span className="quiet" title={exactTime(envelope.received_at)}>
                {envelope.inbox_name} · {shortTime(envelope.received_at)} · {fileSize(envelope.size)}
              </span>
            </span>
            <a
              className="button button-link"
              href={`/api/envelopes/${envelope.id}/original`}
              target="_blank"
              rel="noopener"
            >
              {text.original}
            </a>
            <Button busy={busy === envelope.id} onClick={() => replay(envelope)}>
              {text.replay}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
