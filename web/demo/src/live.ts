/** What changes without the customer's doing: looked at again and again, since a demo has one customer. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { fetchMails, type Mail } from "./api";
import { fetchPhone, type PhoneView } from "./phone";

const MAILS_MS = 2000;
const PHONE_MS = 1000;

/** Calls `look` now and then every so often, one at a time; the returned function calls it at once. */
function useLook(look: () => Promise<void>, every: number): () => void {
  const now = useRef<() => void>(() => undefined);
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const run = async () => {
      clearTimeout(timer);
      await look();
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(run, every);
    };
    now.current = run;
    run();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [look, every]);
  return useCallback(() => now.current(), []);
}

export function useMails(address: string): { mails: Mail[]; problem: string } {
  const [mails, setMails] = useState<Mail[]>([]);
  const [problem, setProblem] = useState("");
  const current = useRef(address);
  current.current = address;
  const look = useCallback(async () => {
    try {
      if (!document.hidden) {
        const found = await fetchMails(address);
        if (current.current === address) setMails(found);
      }
      setProblem("");
    } catch {
      setProblem("The hub does not answer. This page tries again by itself.");
    }
  }, [address]);
  useLook(look, MAILS_MS);
  return { mails, problem };
}

export function usePhone(): { phone: PhoneView | undefined; look: () => void } {
  const [phone, setPhone] = useState<PhoneView>();
  const look = useCallback(
    () =>
      fetchPhone().then(setPhone, () => {
        // the mailbox says that the hub is away
      }),
    [],
  );
  return { phone, look: useLook(look, PHONE_MS) };
}
