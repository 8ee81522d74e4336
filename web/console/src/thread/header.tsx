import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, CaseChange, Me, Thread } from "../api/types";
import { changeCase, showRead } from "../live/cases";
import { usePresence } from "../live/presence";
import { Avatar } from "../ui/avatar";
import { Button, IconButton } from "../ui/button";
import { useCommands } from "../ui/commands";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { MenuButton, type MenuItem } from "../ui/menu";
import { Popover } from "../ui/popover";
import { complain, say } from "../ui/toast";
import { copy } from "./delivery";
import { text } from "./messages";
import { AssignPicker, PriorityPicker, SnoozePicker, TagPicker } from "./pickers";

interface HeaderProps {
  thread: Thread;
  alone: boolean;
  row: Case | undefined;
  me: Me;
  /** What other parts of the console offer to do here. */
  deeds: ReactNode;
  onBack: () => void;
  onNext: () => void;
  onCase: (id: string) => void;
  onPanel: () => void;
}

type Open = "assign" | "snooze" | "tags" | "priority" | "case" | null;

export function ThreadHeader({ thread, alone, row, me, deeds, onBack, onNext, onCase, onPanel }: HeaderProps) {
  const client = useQueryClient();
  const agents = useQuery({ queryKey: keys.agents, queryFn: api.agents, staleTime: 60_000 });
  const tags = useQuery({ queryKey: keys.tags, queryFn: api.tags, staleTime: 60_000 });
  const [open, setOpen] = useState<Open>(null);
  const assignAt = useRef<HTMLButtonElement>(null);
  const snoozeAt = useRef<HTMLButtonElement>(null);
  const moreAt = useRef<HTMLSpanElement>(null);
  const name = thread.customer.name;
  const done = row?.status === "done";
  const Title = alone ? "h1" : "h2";

  const change = (what: string, how: CaseChange, said?: string) => {
    if (!row) return;
    const before: CaseChange = {
      status: row.status,
      assignee_id: row.assignee?.id ?? null,
      priority: row.priority,
      snoozed_until: row.snoozed_until,
      until_reply: row.until_reply,
    };
    const keysOf = Object.keys(how).includes("snoozed_until") ? { ...how, status: undefined } : how;
    const back = Object.fromEntries(Object.entries(before).filter(([key]) => key in keysOf || key === "status"));
    void changeCase(client, row, how, what).then((worked) => {
      if (worked && said) {
        say(said, { label: text.undo, run: () => void changeCase(client, row, back, text.undo) });
      }
    });
  };
  const finish = () => {
    if (!row) return;
    change(done ? text.reopen : text.done, { status: done ? "open" : "done" }, done ? undefined : text.toDone(name));
    if (!done) onNext();
  };
  const assign = (to: { id: string; name: string } | null) =>
    change(
      text.assign,
      { assignee_id: to?.id ?? null },
      text.toAssigned(name, to?.name ?? text.unassign.toLowerCase()),
    );
  const snooze = (until: Date | null, words: string) => {
    change(
      text.snooze,
      { status: "snoozed", snoozed_until: until?.toISOString() ?? null, until_reply: until === null },
      text.toSnoozed(name, words),
    );
    onNext();
  };
  const unread = () =>
    void api.seen(thread.id, 0).then(
      () => {
        say(text.markedUnread);
        showRead(client, thread.id, false);
        onBack();
      },
      (error: unknown) => complain("It was not marked unread.", error),
    );

  useCommands([
    { id: "done", label: done ? text.reopen : text.done, keys: ["e"], group: "Conversation", run: finish },
    { id: "assign", label: text.assign, keys: ["a"], group: "Conversation", run: () => setOpen("assign") },
    { id: "mine", label: text.assignMe, keys: ["i"], group: "Conversation", run: () => assign(me) },
    { id: "snooze", label: text.snooze, keys: ["z"], group: "Conversation", run: () => setOpen("snooze") },
    { id: "tags", label: text.tags, keys: ["t"], group: "Conversation", run: () => setOpen("tags") },
    { id: "priority", label: text.priority, keys: ["p"], group: "Conversation", run: () => setOpen("priority") },
    { id: "unread", label: text.markUnread, keys: ["Shift+U"], group: "Conversation", run: unread },
    {
      id: "link",
      label: text.copyLink,
      keys: ["l"],
      group: "Conversation",
      run: () => void copy(location.href, text.linkCopied),
    },
    {
      id: "spam",
      label: row?.status === "spam" ? text.notSpam : text.spam,
      keys: ["!"],
      group: "Conversation",
      run: () => change(text.spam, { status: row?.status === "spam" ? "open" : "spam" }),
    },
    { id: "new-case", label: text.newCase, group: "Conversation", run: () => setOpen("case") },
  ]);

  const items: MenuItem[] = [
    { key: "assign", label: text.assign, icon: "user-plus", hint: "A", run: () => setOpen("assign") },
    { key: "tags", label: text.tags, icon: "tag", hint: "T", run: () => setOpen("tags") },
    { key: "priority", label: text.priority, icon: "flag", hint: "P", run: () => setOpen("priority") },
    { key: "unread", label: text.markUnread, icon: "mail", hint: "Shift U", run: unread },
    {
      key: "link",
      label: text.copyLink,
      icon: "link",
      hint: "L",
      run: () => void copy(location.href, text.linkCopied),
    },
    { key: "case", label: text.newCase, icon: "plus", run: () => setOpen("case") },
    {
      key: "spam",
      label: row?.status === "spam" ? text.notSpam : text.spam,
      icon: "ban",
      hint: "!",
      run: () => change(text.spam, { status: row?.status === "spam" ? "open" : "spam" }),
    },
  ];
  const anchors = { assign: assignAt, snooze: snoozeAt, tags: moreAt, priority: moreAt };
  return (
    <header className="thread-head">
      <IconButton icon="arrow-left" label={text.back} className="only-phone" onClick={onBack} />
      <Title className="ellipsis thread-title" dir="auto" id="thread-title" tabIndex={-1}>
        {name}
      </Title>
      <CaseChoice thread={thread} row={row} onCase={onCase} />
      <span className="grow" />
      <Viewers thread={thread.id} me={me.id} />
      {deeds}
      {row && (
        <>
          <IconButton
            ref={snoozeAt}
            icon="alarm-clock"
            label={text.snooze}
            hint="Z"
            aria-haspopup="dialog"
            onClick={() => setOpen("snooze")}
          />
          <button
            ref={assignAt}
            type="button"
            className="icon-button not-phone"
            aria-haspopup="dialog"
            aria-label={row.assignee ? `${text.assign}: ${row.assignee.name}` : text.assign}
            title={`${row.assignee ? row.assignee.name : text.assign} (A)`}
            onClick={() => setOpen("assign")}
          >
            {row.assignee ? (
              <Avatar id={row.assignee.id} name={row.assignee.name} size="s" />
            ) : (
              <Icon name="user-plus" />
            )}
          </button>
          <span ref={moreAt}>
            <MenuButton label={text.more} items={items} align="end" className="icon-button">
              <Icon name="ellipsis" />
            </MenuButton>
          </span>
        </>
      )}
      <IconButton icon="panel-right" label={text.showPanel} hint="]" className="panel-button" onClick={onPanel} />
      {row && (
        <Button icon={done ? "rotate-ccw" : "check"} hint="E" className="done-button" onClick={finish}>
          {done ? text.reopen : text.done}
        </Button>
      )}
      {row && open && open !== "case" && (
        <Popover
          anchor={anchors[open]}
          label={{ assign: text.assignTo, snooze: text.snoozeUntil, tags: text.tags, priority: text.priority }[open]}
          align="end"
          className="popover-picker"
          onClose={() => setOpen(null)}
        >
          {open === "assign" && (
            <AssignPicker agents={agents.data ?? []} me={me} row={row} onDone={() => setOpen(null)} onAssign={assign} />
          )}
          {open === "snooze" && <SnoozePicker onDone={() => setOpen(null)} onSnooze={snooze} />}
          {open === "tags" && (
            <TagPicker
              tags={tags.data ?? []}
              row={row}
              onDone={() => setOpen(null)}
              onTags={(next) => change(text.tags, { tags: next })}
            />
          )}
          {open === "priority" && (
            <PriorityPicker
              row={row}
              onDone={() => setOpen(null)}
              onPriority={(priority) => change(text.priority, { priority })}
            />
          )}
        </Popover>
      )}
      {open === "case" && (
        <NewCase
          onClose={() => setOpen(null)}
          onOpen={async (subject) => {
            const made = await api.openCase(thread.id, subject);
            await client.invalidateQueries({ queryKey: keys.thread(thread.id) });
            setOpen(null);
            onCase(made.id);
          }}
        />
      )}
    </header>
  );
}

function CaseChoice({ thread, row, onCase }: { thread: Thread; row: Case | undefined; onCase: (id: string) => void }) {
  if (!row) return null;
  if (thread.cases.length < 2) {
    return (
      <span className="thread-subject ellipsis not-phone" dir="auto">
        {row.subject}
      </span>
    );
  }
  return (
    <MenuButton
      label={`${text.cases}: ${row.subject}`}
      className="case-choice not-phone"
      items={thread.cases.map((one) => ({
        key: one.id,
        label: one.subject,
        note: text.status[one.status],
        checked: one.id === row.id,
        run: () => onCase(one.id),
      }))}
    >
      <span className="ellipsis" dir="auto">
        {row.subject}
      </span>
      <Icon name="chevron-down" size="xs" />
    </MenuButton>
  );
}

function Viewers({ thread, me }: { thread: string; me: string }) {
  const others = usePresence(thread)?.agents.filter((agent) => agent.id !== me) ?? [];
  if (!others.length) return null;
  const names = others.map((agent) => agent.name).join(", ");
  return (
    <span className="viewers not-phone" title={text.viewers(names)}>
      {others.slice(0, 3).map((agent) => (
        <Avatar key={agent.id} id={agent.id} name={agent.name} size="s" />
      ))}
      {others.length > 3 && `+${others.length - 3} `}
      {text.viewing}
      <span className="hidden-words">{names}</span>
    </span>
  );
}

function NewCase({ onClose, onOpen }: { onClose: () => void; onOpen: (subject: string) => Promise<void> }) {
  const [subject, setSubject] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <Dialog title={text.newCase} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          onOpen(subject)
            .catch((error: unknown) => complain("The case was not opened.", error))
            .finally(() => setBusy(false));
        }}
      >
        <label className="field">
          <span className="field-label">{text.newCaseSubject}</span>
          <input
            className="input"
            data-autofocus
            required
            maxLength={200}
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
          />
        </label>
        <div className="form-end">
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {text.open}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
