/** The agent's own calls and what rings: kept by the hub, fetched again whenever it says that something changed. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Call, MyCalls, Ringing } from "../api/types";
import { complain } from "../ui/toast";

const FAILED = "The call did not change.";
const TICK_MS = 1000;
/** The thread's own news bring a call up to date where it is on the screen; elsewhere the bar asks. */
const TALKING_MS = 4000;
const RINGING_MS = 1000;

export function useMyCalls(): MyCalls | undefined {
  return useQuery({
    queryKey: keys.myCalls,
    queryFn: api.myCalls,
    retry: false,
    refetchInterval: (query) => pace(query.state.data),
  }).data;
}

function pace(mine: MyCalls | undefined): number | false {
  if (!mine?.current.length) return false;
  return mine.current.every((call) => call.state === "active") ? TALKING_MS : RINGING_MS;
}

export function useRinging(): Ringing[] {
  const found = useQuery({ queryKey: keys.ringing, queryFn: api.ringing, retry: false });
  return (found.data ?? []).filter((one) => one.mine);
}

/** What the bar shows changed: fetch it, at most once at a time. */
export function callsChanged(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: keys.myCalls });
  void client.invalidateQueries({ queryKey: keys.ringing });
}

/** Ask the hub for something and take over the call as it then is. */
export function useDo(): (call: Call, what: (id: string) => Promise<Call>, failed?: string) => Promise<boolean> {
  const client = useQueryClient();
  return async (call, what, failed = FAILED) => {
    try {
      take(client, await what(call.id));
      return true;
    } catch (error) {
      complain(failed, error);
      callsChanged(client);
      return false;
    }
  };
}

export function take(client: QueryClient, call: Call): void {
  client.setQueryData<MyCalls>(keys.myCalls, (old) => old && { ...old, current: withCall(old.current, call) });
  callsChanged(client);
}

function withCall(calls: Call[], call: Call): Call[] {
  const others = calls.filter((one) => one.id !== call.id);
  return call.state === "ended" ? others : [call, ...others];
}

/** Seconds since a moment, counting. */
export function useSince(at: string | null | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return at ? Math.max(0, (now - Date.parse(at)) / 1000) : 0;
}
