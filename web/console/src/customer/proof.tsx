import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Thread } from "../api/types";
import { Button } from "../ui/button";
import { channelLook } from "../ui/channel";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/form";
import { complain, say } from "../ui/toast";
import { text } from "./messages";

export interface Addressed {
  id: string;
  kind: string;
  address: string;
  trust: "verified" | "claimed" | "typed";
  /** An agent's word, which can be taken back. */
  confirmed: boolean;
}

/** A code proves an address by crossing: it leaves on one side and comes back on the other. */
export function AskProof({ thread, of, onClose }: { thread: Thread; of: Addressed | null; onClose: () => void }) {
  const client = useQueryClient();
  const [address, setAddress] = useState(of?.address ?? "");
  const [way, setWay] = useState<"address" | "conversation">("address");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const last = thread.targets.find((one) => one.default && one.usable) ?? thread.targets.find((one) => one.usable);
  const here = last ? channelLook(last.channel).label : text.thisConversation;
  const kind = of?.kind ?? (/^[+\d]/u.test(address) && !address.includes("@") ? "phone" : "email");
  const send = async () => {
    setBusy(true);
    setError("");
    try {
      await api.askProof(thread.id, {
        kind,
        address,
        code_channel: kind === "phone" ? "address" : way,
        inbox_id: null,
        case_id: null,
      });
      say(text.codeSent(address));
      void client.invalidateQueries({ queryKey: keys.thread(thread.id) });
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={text.askProof} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field
          label={text.whichAddress}
          data-autofocus
          required
          readOnly={of !== null}
          value={address}
          error={error}
          onChange={(event) => setAddress(event.target.value)}
        />
        <fieldset className="radios">
          <legend className="field-label">{text.codeWay}</legend>
          <label>
            <input type="radio" name="way" checked={way === "address"} onChange={() => setWay("address")} />
            <span>{text.codeThere(address || text.thatAddress, here)}</span>
          </label>
          <label hidden={kind === "phone"}>
            <input type="radio" name="way" checked={way === "conversation"} onChange={() => setWay("conversation")} />
            <span>{text.codeHere(address || text.thatAddress, here)}</span>
          </label>
        </fieldset>
        <p className="field-help">{text.codeHelp}</p>
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {text.sendCode}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** An agent's own word for an address, or its withdrawal; never without a reason. */
export function Confirm({ thread, of, onClose }: { thread: Thread; of: Addressed; onClose: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const title = of.confirmed ? text.revoke : text.confirm;
  const save = async () => {
    setBusy(true);
    try {
      const run = of.confirmed ? api.revokeIdentity : api.confirmIdentity;
      const customer = await run(thread.customer.id, of.id, reason);
      client.setQueryData<Thread>(keys.thread(thread.id), (old) => old && { ...old, customer });
      onClose();
    } catch (failure) {
      complain(text.confirmFailed, failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p>{of.confirmed ? text.revokeWhy(of.address) : text.confirmWhy(of.address)}</p>
        <Field
          label={text.reason}
          data-autofocus
          required
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {title}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
