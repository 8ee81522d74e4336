/** The telephone in the browser, behind a port: who carries the sound is one provider's matter. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CallFeatures } from "../api/types";
import { text } from "./messages";

/** Signs in, takes the agent's leg when it rings here, and says what is wrong in words for people. */
export interface Softphone {
  start: (token: () => Promise<string>, trouble: (words: string) => void) => Promise<void>;
  stop: () => void;
}

const LOCK = "onethread-phone";

/** Without one there is no sound: a provider's simulator takes the agent's leg by itself. */
async function load(sdk: string): Promise<Softphone> {
  if (sdk !== "twilio") throw new Error(text.unknownPhone(sdk));
  return (await import("./twilio")).twilio;
}

/** One tab owns the sound; the others can do everything but be spoken through. */
export function usePhone(wanted: boolean): { usable: boolean; problem: string } {
  const [problem, setProblem] = useState("");
  const line = useBrowserLine();
  const inbox = line?.inbox ?? "";
  const sdk = line?.sdk ?? "";
  useEffect(() => {
    if (!inbox || !sdk) return;
    let phone: Softphone | undefined;
    let release: () => void = () => undefined;
    const token = () => api.phoneToken(inbox).then((given) => given.token);
    void navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (!lock) {
        setProblem(text.elsewhere);
        return;
      }
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      try {
        phone = await load(sdk);
        await phone.start(token, setProblem);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
      await held;
    });
    return () => {
      phone?.stop();
      release();
    };
  }, [inbox, sdk]);
  return { usable: Boolean(inbox), problem: wanted ? problem : "" };
}

function useBrowserLine(): { inbox: string; sdk: string } | undefined {
  const inboxes = useQuery({ queryKey: keys.inboxes, queryFn: api.inboxes, staleTime: 60_000, retry: false });
  for (const inbox of inboxes.data ?? []) {
    const calls = (inbox.capabilities as { calls?: CallFeatures | null } | undefined)?.calls;
    if (calls?.browser && inbox.state === "active") return { inbox: inbox.id, sdk: calls.sdk };
  }
  return undefined;
}
