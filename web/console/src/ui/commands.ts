import { useEffect, useRef } from "react";
import { isMac, pressed } from "./keys";
import { preferences } from "./preferences";
import { createStore, useStore } from "./store";

/** Something an agent can do now: the palette lists it, its keys do it, the shortcut sheet explains it. */
export interface Command {
  id: string;
  label: string;
  /** `j`, `Shift+U`, `Mod+k`, or two in a row: `g i`. `Mod` is Ctrl, or ⌘ on a Mac. */
  keys?: string[];
  group: string;
  /** Listed in the sheet only: moving about makes no sense from a palette. */
  hidden?: boolean;
  run: () => void;
}

const SEQUENCE_MS = 1200;
const FUNCTION_KEY = /^(?:Shift\+)?F\d+$/u;
const registered = createStore<readonly Command[][]>([]);

/** Offers commands as long as the calling component is on the screen; what came last wins. */
export function useCommands(commands: Command[]): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  const shape = commands.map((one) => `${one.id}:${one.label}:${one.keys}`).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for all that is visible of the commands
  useEffect(() => {
    const live = latest.current.map((one, index) => ({ ...one, run: () => latest.current[index]?.run() }));
    registered.set((all) => [...all, live]);
    return () => registered.set((all) => all.filter((one) => one !== live));
  }, [shape]);
}

const memo = new WeakMap<readonly Command[][], Command[]>();

export function useAllCommands(): Command[] {
  return useStore(registered, (all) => {
    const known = memo.get(all) ?? all.flat();
    memo.set(all, known);
    return known;
  });
}

export function listenForKeys(): () => void {
  let before = "";
  let timer = 0;
  const heard = (event: KeyboardEvent) => {
    const key = pressed(event);
    if (!key || event.defaultPrevented || event.isComposing || blocked(event, key)) return;
    const command = find(before ? `${before} ${key}` : key) ?? find(key);
    clearTimeout(timer);
    before = "";
    if (command) {
      event.preventDefault();
      command.run();
    } else if (startsSequence(key)) {
      before = key;
      timer = window.setTimeout(() => {
        before = "";
      }, SEQUENCE_MS);
    }
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}

export function written(keys: string): string {
  const names: Record<string, string> = {
    Mod: isMac ? "⌘" : "Ctrl",
    Enter: "↵",
    ArrowDown: "↓",
    ArrowUp: "↑",
    Escape: "Esc",
    Shift: isMac ? "⇧" : "Shift",
  };
  return keys
    .split(" ")
    .map((part) =>
      part
        .split("+")
        .map((one) => names[one] ?? (one.length === 1 ? one.toUpperCase() : one))
        .join(" "),
    )
    .join(" then ");
}

/**
 * Single keys act only where nobody types, and no key acts behind a dialog or an open menu; but the telephone's, which
 * write nothing: a call is answered and muted whatever else is being done.
 */
function blocked(event: KeyboardEvent, key: string): boolean {
  if (FUNCTION_KEY.test(key)) return false;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return true;
  const target = event.target as HTMLElement;
  const typing = target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName);
  if (key.includes("Mod+")) return typing && key === "Mod+z";
  if (!preferences.get().singleKeys && key.length === 1) return true;
  if (typing) return key !== "Escape";
  return key === "Enter" && /^(?:BUTTON|A|SUMMARY)$/u.test(target.tagName);
}

function find(keys: string): Command | undefined {
  return registered
    .get()
    .flat()
    .findLast((command) => command.keys?.includes(keys));
}

function startsSequence(key: string): boolean {
  return registered
    .get()
    .flat()
    .some((command) => command.keys?.some((keys) => keys.startsWith(`${key} `)));
}
