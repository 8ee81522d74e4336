import { useState } from "react";
import type { Agent, Case, Me, Tag } from "../api/types";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";
import { type Option, Picker } from "../ui/picker";
import { whenDue } from "../ui/time";
import { text } from "./messages";
import { laterToday, morning, nextMonday, parseTime } from "./snooze";

interface AssignProps {
  agents: Agent[];
  me: Me;
  row: Case;
  onDone: () => void;
  onAssign: (to: { id: string; name: string } | null) => void;
}

export function AssignPicker({ agents, me, row, onDone, onAssign }: AssignProps) {
  const others = agents.filter((agent) => agent.active && agent.id !== me.id);
  const options: Option[] = [me, ...others].map((agent) => ({
    key: agent.id,
    label: agent.name,
    words: agent.email,
    note: agent.id === me.id ? text.me : undefined,
    glyph: <Avatar id={agent.id} name={agent.name} size="s" />,
    checked: row.assignee?.id === agent.id,
    run: () => onAssign(agent),
  }));
  if (row.assignee) {
    options.push({
      key: "nobody",
      label: text.unassign,
      glyph: <Icon name="circle-user" />,
      run: () => onAssign(null),
    });
  }
  return (
    <Picker
      label={text.assignTo}
      placeholder={text.assignTo}
      options={options}
      nothing={text.nobodyFound}
      onDone={onDone}
    />
  );
}

interface SnoozeProps {
  onDone: () => void;
  onSnooze: (until: Date | null, words: string) => void;
}

export function SnoozePicker({ onDone, onSnooze }: SnoozeProps) {
  const now = new Date();
  const at = (key: string, label: string, until: Date): Option => {
    const when = whenDue(until.toISOString(), now);
    return {
      key,
      label,
      note: when,
      glyph: <Icon name="alarm-clock" size="s" />,
      run: () => onSnooze(until, `until ${when}`),
    };
  };
  const options = [
    at("later", "Later today", laterToday(now)),
    at("tomorrow", "Tomorrow", morning(now, 1)),
    at("week", "Next week", nextMonday(now)),
    {
      key: "reply",
      label: text.untilReply,
      glyph: <Icon name="reply" size="s" />,
      run: () => onSnooze(null, "until the customer replies"),
    },
  ];
  return (
    <Picker
      label={text.snoozeUntil}
      placeholder={text.snoozeHint}
      options={options}
      typed={(words) => {
        const until = parseTime(words, new Date());
        return until ? [at("typed", words, until)] : [];
      }}
      nothing={text.notATime}
      onDone={onDone}
    />
  );
}

interface TagProps {
  tags: Tag[];
  row: Case;
  onDone: () => void;
  onTags: (names: string[]) => void;
}

export function TagPicker({ tags, row, onDone, onTags }: TagProps) {
  const [chosen, setChosen] = useState(row.tags.map((tag) => tag.name));
  const toggle = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name];
    setChosen(next);
    onTags(next);
  };
  const names = [...new Set([...tags.map((tag) => tag.name), ...chosen])].sort((a, b) => a.localeCompare(b));
  return (
    <Picker
      label={text.tags}
      placeholder={text.tagHint}
      several
      options={names.map((name) => ({
        key: name,
        label: name,
        glyph: <Icon name="tag" size="s" />,
        checked: chosen.includes(name),
        run: () => toggle(name),
      }))}
      typed={(words) => {
        const name = words.trim();
        const known = names.some((one) => one.toLowerCase() === name.toLowerCase());
        return name && !known
          ? [{ key: "new", label: text.addTag(name), glyph: <Icon name="plus" size="s" />, run: () => toggle(name) }]
          : [];
      }}
      nothing={text.noTags}
      onDone={onDone}
    />
  );
}

interface PriorityProps {
  row: Case;
  onDone: () => void;
  onPriority: (priority: Case["priority"]) => void;
}

export function PriorityPicker({ row, onDone, onPriority }: PriorityProps) {
  const all: Case["priority"][] = ["urgent", "high", "normal", "low"];
  return (
    <Picker
      label={text.priority}
      placeholder={text.priority}
      options={all.map((priority) => ({
        key: priority,
        label: text.priorities[priority] ?? priority,
        glyph: <Icon name="flag" size="s" />,
        checked: row.priority === priority,
        run: () => onPriority(priority),
      }))}
      nothing={text.nobodyFound}
      onDone={onDone}
    />
  );
}
