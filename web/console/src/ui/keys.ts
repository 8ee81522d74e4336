export const isMac = /Mac|iPhone|iPad/u.test(globalThis.navigator?.platform ?? "");

/**
 * The pressed keys as commands name them. The produced character counts, not the place of the key; only with Ctrl or ⌘
 * on a layout without Latin letters the place stands in. Alt writes characters on many layouts and is never ours.
 */
export function pressed(
  event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">,
): string {
  if (event.altKey || ["Shift", "Control", "Meta", "Alt", "Dead", "Process"].includes(event.key)) return "";
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if ((isMac ? event.ctrlKey : event.metaKey) && !mod) return "";
  const letter = event.key.length === 1;
  const latin = !letter || /[\u0020-\u007e]/u.test(event.key);
  const key = mod && !latin ? event.code.replace(/^(?:Key|Digit)/u, "").toLowerCase() : event.key;
  if (!mod && letter && !/[a-z]/iu.test(key)) return key;
  const shift = event.shiftKey ? "Shift+" : "";
  return `${mod ? "Mod+" : ""}${shift}${letter ? (shift ? key.toUpperCase() : key.toLowerCase()) : key}`;
}
