import { type CSSProperties, useSyncExternalStore } from "react";
import { usePreferences } from "../ui/preferences";

const four = matchMedia("(min-width: 1360px)");
const three = matchMedia("(min-width: 1100px)");
const two = matchMedia("(min-width: 860px)");
const all = [four, three, two];

function subscribe(listener: () => void): () => void {
  for (const query of all) query.addEventListener("change", listener);
  return () => {
    for (const query of all) query.removeEventListener("change", listener);
  };
}

const width = () => all.filter((query) => query.matches).length;

/** How many columns there is room for, and which of them stand beside the thread instead of over it. */
export function useLayout(threadOpen: boolean) {
  const room = useSyncExternalStore(subscribe, width);
  const { viewsWidth, listWidth, panelWidth } = usePreferences();
  const style = {
    "--views-width": `${viewsWidth}px`,
    "--list-width": `${listWidth}px`,
    "--panel-width": `${panelWidth}px`,
  } as CSSProperties;
  return {
    columns: room === 0 ? 1 : room + 1,
    viewsDocked: room > 0,
    rail: room === 1,
    panelDocked: room === 3,
    list: room > 0 || !threadOpen,
    thread: room > 0 || threadOpen,
    style,
  };
}
