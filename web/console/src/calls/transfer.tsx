import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Call } from "../api/types";
import { useDo } from "../live/calls";
import { Button } from "../ui/button";
import { text } from "./messages";

/** A colleague or a number; talked to first, or given the customer at once. */
export function TransferPicker({ call, onDone }: { call: Call; onDone: () => void }) {
  const act = useDo();
  const agents = useQuery({ queryKey: keys.agents, queryFn: api.agents, staleTime: 60_000 });
  const [agent, setAgent] = useState("");
  const [phone, setPhone] = useState("");
  const others = (agents.data ?? []).filter((one) => one.active && one.id !== call.agent_id);
  const give = (kind: "warm" | "cold") =>
    void act(call, (id) => api.transferCall(id, { kind, agent_id: agent || null, phone: agent ? "" : phone })).then(
      (worked) => worked && onDone(),
    );
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        give("warm");
      }}
    >
      <label className="field">
        <span className="field-label">{text.toWhom}</span>
        <select className="input" data-autofocus value={agent} onChange={(event) => setAgent(event.target.value)}>
          <option value="">{text.toNumber}</option>
          {others.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      {!agent && (
        <label className="field">
          <span className="field-label">{text.toNumber}</span>
          <input
            className="input"
            type="tel"
            required
            value={phone}
            maxLength={40}
            onChange={(event) => setPhone(event.target.value)}
          />
        </label>
      )}
      <div className="form-end">
        <Button onClick={() => (agent || phone) && give("cold")}>{text.cold}</Button>
        <Button type="submit" look="primary">
          {text.warm}
        </Button>
      </div>
    </form>
  );
}
