import { type RefObject, useEffect, useLayoutEffect, useState } from "react";

/** Which rows of equal height must be drawn. */
export function visibleRows(top: number, height: number, count: number, row: number, overscan: number) {
  const start = Math.max(0, Math.floor(top / row) - overscan);
  return { start: Math.min(start, count), end: Math.min(count, Math.ceil((top + height) / row) + overscan) };
}

const OVERSCAN = 8;

export function useRowWindow(box: RefObject<HTMLElement | null>, count: number, row: number, position: string) {
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const kept = positions.get(position) ?? 0;
    element.scrollTop = kept;
    const measure = () => {
      positions.set(position, element.scrollTop);
      setView((old) => {
        const next = { top: element.scrollTop, height: element.clientHeight };
        const same = Math.floor(old.top / row) === Math.floor(next.top / row) && old.height === next.height;
        return same ? old : next;
      });
    };
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", measure);
      resized.disconnect();
    };
  }, [box, row, position]);
  return visibleRows(view.top, view.height, count, row, OVERSCAN);
}

/** A list comes back where it was left. */
const positions = new Map<string, number>();

export function useNearEnd(end: number, count: number, more: boolean, load: () => void): void {
  useEffect(() => {
    if (more && end > count - OVERSCAN * 2) load();
  }, [end, count, more, load]);
}
