import { useQueryClient } from "@tanstack/react-query";
import { request } from "../api/client";
import { keys } from "../api/keys";
import type { Case, Entry } from "../api/types";
import { Icon } from "../ui/icon";
import { MenuButton, type MenuItem } from "../ui/menu";
import { complain, say } from "../ui/toast";
import { copy } from "./delivery";
import { text } from "./messages";

interface EntryMenuProps {
  entry: Entry;
  cases: Case[];
  onCollapse?: () => void;
}

export function EntryMenu({ entry, cases, onCollapse }: EntryMenuProps) {
  const client = useQueryClient();
  const move = async (to: Case) => {
    try {
      await request("POST", `/entries/${entry.id}/move`, { body: { case_id: to.id } });
      say(text.moved(to.subject));
      await client.invalidateQueries({ queryKey: keys.thread(entry.thread_id) });
    } catch (error) {
      complain("The message was not moved.", error);
    }
  };
  const others = cases.filter((one) => one.id !== entry.case_id).slice(0, 8);
  const items: MenuItem[] = [
    { key: "copy", label: text.copy, icon: "copy", run: () => void copy(entry.text) },
    ...(onCollapse ? [{ key: "fold", label: text.collapse, icon: "chevron-down" as const, run: onCollapse }] : []),
    ...(entry.has_original
      ? [{ key: "original", label: text.original, icon: "file-text" as const, run: () => open(entry) }]
      : []),
    ...others.map((one) => ({
      key: one.id,
      label: text.moveTo(one.subject),
      icon: "arrow-right" as const,
      run: () => void move(one),
    })),
  ];
  return (
    <MenuButton label={text.more} items={items} align="end" className="icon-button entry-menu">
      <Icon name="ellipsis" />
    </MenuButton>
  );
}

function open(entry: Entry): void {
  window.open(`/api/entries/${entry.id}/original`, "_blank", "noopener");
}
