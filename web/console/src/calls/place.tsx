import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { CallFeatures, Case, Me, Thread } from "../api/types";
import { take, useMyCalls } from "../live/calls";
import { Button, IconButton } from "../ui/button";
import { useCommands } from "../ui/commands";
import { Dialog } from "../ui/dialog";
import { complain } from "../ui/toast";
import { text } from "./messages";

interface Line {
  inbox: string;
  name: string;
  features: CallFeatures;
}

/** Every telephone number of the customer through every line there is. */
interface Way {
  key: string;
  line: Line;
  address: string;
  typed: boolean;
}

/** One key calls: the only number through the only line at once, otherwise it asks which. */
export function PlaceCall({ thread, row, me }: { thread: Thread; row: Case | undefined; me: Me }) {
  const client = useQueryClient();
  const lines = useLines();
  const busy = Boolean(useMyCalls()?.current.length);
  const [asks, setAsks] = useState(false);
  const ways = waysTo(thread, lines);
  const own = String(me.settings.phone ?? "");

  const place = async (way: Way, mode: "browser" | "phone", agentPhone: string) => {
    try {
      const call = await api.startCall(thread.id, {
        client_key: crypto.randomUUID(),
        inbox_id: way.line.inbox,
        to: { kind: "phone", address: way.address },
        mode,
        agent_phone: mode === "phone" ? agentPhone : "",
        record: null,
        case_id: row?.id ?? null,
      });
      setAsks(false);
      take(client, call);
    } catch (error) {
      complain(text.startFailed, error);
    }
  };
  const run = () => {
    const [only] = ways;
    if (ways.length === 1 && only?.line.features.browser && !only.typed) void place(only, "browser", "");
    else setAsks(true);
  };
  const label = text.callWho(thread.customer.name);
  useCommands(lines.length && !busy ? [{ id: "call", label, keys: ["Shift+C"], group: "Conversation", run }] : []);
  if (!lines.length || busy) return null;
  return (
    <>
      <IconButton icon="phone" label={label} hint="Shift C" onClick={run} />
      {asks && (
        <Dialog title={label} onClose={() => setAsks(false)}>
          <WhichWay ways={ways} lines={lines} own={own} onCancel={() => setAsks(false)} onCall={place} />
        </Dialog>
      )}
    </>
  );
}

interface WhichProps {
  ways: Way[];
  lines: Line[];
  own: string;
  onCancel: () => void;
  onCall: (way: Way, mode: "browser" | "phone", phone: string) => Promise<void>;
}

function WhichWay({ ways, lines, own, onCancel, onCall }: WhichProps) {
  const [chosen, setChosen] = useState(ways[0]?.key);
  const [number, setNumber] = useState("");
  const [line] = lines;
  const other = line && { key: "other", line, address: number, typed: true };
  const way = number ? other : ways.find((one) => one.key === chosen);
  const browser = (way?.line ?? line)?.features.browser ?? false;
  const [mode, setMode] = useState<"browser" | "phone">(browser ? "browser" : "phone");
  const [phone, setPhone] = useState(own);
  const [busy, setBusy] = useState(false);
  const how = browser ? mode : "phone";
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!way) return;
        setBusy(true);
        void onCall(way, how, phone).finally(() => setBusy(false));
      }}
    >
      {!ways.length && <p>{text.noNumber}</p>}
      <fieldset className="call-ways" hidden={!ways.length}>
        <legend className="field-label">{text.call}</legend>
        {ways.map((one) => (
          <label key={one.key}>
            <input
              type="radio"
              name="way"
              data-autofocus={one.key === chosen || undefined}
              checked={one.key === chosen && !number}
              onChange={() => {
                setChosen(one.key);
                setNumber("");
              }}
            />
            <span>
              {one.address}{" "}
              <span className="quiet">
                {text.through(one.line.name)}
                {one.typed && ` · ${text.typed}`}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span className="field-label">{text.otherNumber}</span>
        <input
          className="input"
          type="tel"
          required={!ways.length}
          data-autofocus={ways.length ? undefined : true}
          maxLength={40}
          placeholder="+44"
          value={number}
          onChange={(event) => setNumber(event.target.value.trim())}
        />
      </label>
      {browser && (
        <fieldset className="call-ways">
          <legend className="field-label">{text.phone}</legend>
          <label>
            <input type="radio" name="mode" checked={mode === "browser"} onChange={() => setMode("browser")} />
            {text.inBrowser}
          </label>
          <label>
            <input type="radio" name="mode" checked={mode === "phone"} onChange={() => setMode("phone")} />
            {text.onPhone}
          </label>
        </fieldset>
      )}
      {how === "phone" && (
        <label className="field">
          <span className="field-label">{text.myPhone}</span>
          <input
            className="input"
            type="tel"
            required
            maxLength={40}
            value={phone}
            onChange={(event) => setPhone(event.target.value)}
          />
          <span className="field-help">{text.myPhoneHelp}</span>
        </label>
      )}
      <div className="form-end">
        <Button onClick={onCancel}>{text.cancel}</Button>
        <Button type="submit" look="primary" icon="phone" busy={busy}>
          {text.start}
        </Button>
      </div>
    </form>
  );
}

function useLines(): Line[] {
  const inboxes = useQuery({ queryKey: keys.inboxes, queryFn: api.inboxes, staleTime: 60_000, retry: false });
  const connectors = useQuery({ queryKey: keys.connectors, queryFn: api.connectors, staleTime: 600_000, retry: false });
  return (inboxes.data ?? []).flatMap((inbox) => {
    const connector = connectors.data?.find((one) => one.key === inbox.connector);
    const own = (inbox.capabilities ?? connector?.capabilities) as { calls?: CallFeatures | null } | undefined;
    return own?.calls && inbox.state === "active" ? [{ inbox: inbox.id, name: inbox.name, features: own.calls }] : [];
  });
}

function waysTo(thread: Thread, lines: Line[]): Way[] {
  const { identities, claims } = thread.customer;
  const numbers = [
    ...identities.map((one) => ({ ...one, typed: one.trust !== "verified" })),
    ...claims.map((one) => ({ ...one, typed: true })),
  ].filter((one) => one.kind === "phone");
  return numbers.flatMap(({ address, typed }) =>
    lines.map((line) => ({ key: `${line.inbox}/${address}`, line, address, typed })),
  );
}
