import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Me, Promised } from "../api/types";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Empty, Failed, Skeleton } from "../ui/states";
import { whenDue } from "../ui/time";
import { complain } from "../ui/toast";
import { text } from "./messages";
import "../ui/page.css";

const WHOSE = ["mine", "team", "all"] as const;

/** What was promised and isn't kept yet; the next due first. */
export default function Promises({ me }: { me: Me }) {
  const client = useQueryClient();
  const [whose, setWhose] = useState<(typeof WHOSE)[number]>("mine");
  const found = useQuery({ queryKey: keys.promisesOf(whose), queryFn: () => api.promises(whose) });
  useEffect(() => {
    document.title = text.title;
  }, []);
  const keep = async (promise: Promised) => {
    try {
      await api.keepPromise(promise.id);
      await client.invalidateQueries({ queryKey: keys.promises });
    } catch (error) {
      complain(text.failed, error);
    }
  };
  const shift = async () => {
    try {
      await api.onShift(!me.on_shift);
      await client.invalidateQueries({ queryKey: keys.me });
      await client.invalidateQueries({ queryKey: keys.promises });
    } catch (error) {
      complain(text.shiftFailed, error);
    }
  };
  return (
    <div className="page">
      <main className="settings-main" aria-label={text.title}>
        <div className="settings-column">
          <Link href="/inbox/mine" className="settings-back">
            <Icon name="arrow-left" size="s" />
            {text.back}
          </Link>
          <h1>{text.title}</h1>
          <p>
            {me.on_shift ? text.onShift : text.offShift}{" "}
            <Button onClick={() => void shift()}>{me.on_shift ? text.goOff : text.goOn}</Button>
          </p>
          <div className="tabs" role="group" aria-label={text.whose}>
            {WHOSE.map((one) => (
              <Button key={one} look="plain" aria-pressed={one === whose} onClick={() => setWhose(one)}>
                {text.of[one]}
              </Button>
            ))}
          </div>
          {found.isPending && <Skeleton rows={3} className="skeleton-item" />}
          {found.isError && <Failed what={text.notLoaded} error={found.error} retry={() => void found.refetch()} />}
          {found.data?.length === 0 && <Empty icon="check" title={text.none} />}
          <ul className="plain-list">
            {found.data?.map((promise) => (
              <li key={promise.id} className="card-row">
                <div className="grow">
                  <Link href={`/inbox/all/${promise.thread_id}`}>{promise.customer_name}</Link>
                  <div dir="auto">{promise.text}</div>
                  <div className={Date.parse(promise.due_at) < Date.now() ? "bad" : "quiet"}>
                    {text.due(whenDue(promise.due_at), promise.who)}
                  </div>
                </div>
                <Button icon="check" onClick={() => void keep(promise)}>
                  {text.kept}
                </Button>
              </li>
            ))}
          </ul>
        </div>
      </main>
    </div>
  );
}
