import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case } from "../api/types";
import { Avatar } from "../ui/avatar";
import { useAllCommands, written } from "../ui/commands";
import { Dialog } from "../ui/dialog";
import { Icon, iconOr } from "../ui/icon";
import { type Option, Picker } from "../ui/picker";
import { text } from "./messages";

const PAUSE_MS = 120;
const SHOWN = 8;
/** What can be done to the open conversation comes before where one can go. */
const GROUPS = ["Conversation", "Write", "Go", "Screen"];

interface PaletteProps {
  cases: Case[];
  onClose: () => void;
}

/** One box for going and doing. What is here answers at once; customers from the hub join at the end of the list. */
export function Palette({ cases, onClose }: PaletteProps) {
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  const asked = usePaused(typed, PAUSE_MS);
  const commands = useAllCommands();
  const views = useQuery({ queryKey: keys.views, queryFn: api.views });
  const people = useQuery({
    queryKey: keys.customers(asked),
    queryFn: () => api.customers(asked),
    enabled: asked.trim().length > 1,
    placeholderData: (old) => old,
  });

  const local: Option[] = [
    ...(typed ? cases.slice(0, 200) : []).map((row) => ({
      key: `case-${row.id}`,
      group: "Conversations",
      label: row.customer_name,
      words: row.subject,
      note: row.subject,
      glyph: <Avatar id={row.thread_id} name={row.customer_name} size="s" />,
      run: () => go(`/inbox/all/${row.thread_id}?case=${row.id}`),
    })),
    ...commands
      .filter((command) => !command.hidden)
      .sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group))
      .map((command) => ({
        key: command.id,
        group: command.group,
        label: command.label,
        hint: command.keys?.[0] && written(command.keys[0]),
        glyph: <Icon name="chevron-right" size="s" />,
        run: command.run,
      })),
    ...(views.data ?? []).map((view) => ({
      key: `view-${view.key}`,
      group: "Views",
      label: view.name,
      glyph: <Icon name={iconOr(view.icon, "layers")} size="s" />,
      run: () => go(`/inbox/${view.key}`),
    })),
    ...(typed ? (people.data?.items ?? []) : []).slice(0, SHOWN).map((person) => ({
      key: `customer-${person.customer_id}`,
      group: "Customers",
      label: person.name,
      words: person.addresses.join(" "),
      note: person.addresses[0],
      glyph: <Avatar id={person.thread_id} name={person.name} size="s" />,
      run: () => go(`/inbox/all/${person.thread_id}`),
    })),
  ];
  if (typed.trim()) {
    local.push({
      key: "search",
      group: text.search,
      label: text.searchFor(typed.trim()),
      words: typed,
      glyph: <Icon name="search" size="s" />,
      run: () => go(`/search?${new URLSearchParams({ q: typed.trim() })}`),
    });
  }
  return (
    <Dialog title={text.palette} onClose={onClose} className="palette" bare>
      <Picker
        label={text.palette}
        placeholder={text.paletteHint}
        options={local}
        onText={setTyped}
        onDone={onClose}
        nothing={text.paletteNothing}
      />
    </Dialog>
  );
}

function usePaused(value: string, ms: number): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return paused;
}
