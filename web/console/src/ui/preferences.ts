import { createStore, useStore } from "./store";

/** What this agent likes on this device; theme and text size also follow the agent through `Me.settings`. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  textSize: 90 | 100 | 112 | 125;
  density: "comfortable" | "compact";
  singleKeys: boolean;
  viewsWidth: number;
  listWidth: number;
  panelWidth: number;
  viewsCollapsed: boolean;
  panelHidden: boolean;
}

const STORED = "onethread.preferences";
const initial: Preferences = {
  theme: "system",
  textSize: 100,
  density: "comfortable",
  singleKeys: true,
  viewsWidth: 212,
  listWidth: 324,
  panelWidth: 300,
  viewsCollapsed: false,
  panelHidden: false,
};
/** These follow the agent to other devices; widths belong to a screen. */
const followed = ["theme", "textSize", "density", "singleKeys"] as const;

export const preferences = createStore<Preferences>({ ...initial, ...stored() });
preferences.subscribe(() => localStorage.setItem(STORED, JSON.stringify(preferences.get())));

export function usePreferences(): Preferences {
  return useStore(preferences, (now) => now);
}

export function prefer(change: Partial<Preferences>): void {
  preferences.set((old) => ({ ...old, ...change }));
}

export function following(now: Preferences): Record<string, unknown> {
  return Object.fromEntries(followed.map((key) => [key, now[key]]));
}

export function takeOver(settings: Record<string, unknown>): void {
  const known = followed.filter((key) => typeof settings[key] === typeof initial[key]);
  prefer(Object.fromEntries(known.map((key) => [key, settings[key]])));
}

/** Keeps the page's theme and text size as the preferences and the system say. */
export function applyLooks(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme, textSize } = preferences.get();
    document.documentElement.dataset.theme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    document.documentElement.style.setProperty("zoom", textSize === 100 ? "" : `${textSize}%`);
  };
  dark.addEventListener("change", apply);
  preferences.subscribe(apply);
  apply();
}

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(globalThis.localStorage?.getItem(STORED) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}

const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** The theme that is drawn now. */
export function useTheme(): "light" | "dark" {
  const { theme } = usePreferences();
  return theme === "system" ? (dark?.matches ? "dark" : "light") : theme;
}
