import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

interface ScrollOptions {
  content: unknown;
  /** Changes when something was added at the end by the agent. */
  tail: number;
  /** Where to begin: the id of an element; else the end. */
  target: string | undefined;
  marked: boolean;
  moreBefore: boolean;
  moreAfter: boolean;
  before: () => void;
  after: () => void;
}

const NEAR_PX = 800;
const END_PX = 40;

/**
 * Keeps what is read in its place while entries come and go at both ends and mails grow to their height: at the end it
 * stays at the end, elsewhere the first visible item stays where it is.
 */
export function useScroll(options: ScrollOptions) {
  const box = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const sticky = useRef(true);
  const settled = useRef(false);
  const latest = useRef(options);
  const [atEnd, setAtEnd] = useState(true);
  useEffect(() => {
    latest.current = options;
  });

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    sticky.current = left < END_PX && !latest.current.moreAfter;
    setAtEnd(sticky.current);
    anchor.current = firstVisible(element);
    if (!settled.current) return;
    if (latest.current.moreBefore && element.scrollTop < NEAR_PX) latest.current.before();
    if (latest.current.moreAfter && left < NEAR_PX) latest.current.after();
  }, []);

  const restore = useCallback(() => {
    const element = box.current;
    if (!element) return;
    if (sticky.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current) {
      const now = document.getElementById(anchor.current.key);
      if (now) element.scrollTop += top(element, now) - anchor.current.top;
    }
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the content is what moves things
  useLayoutEffect(() => {
    restore();
    const drawn = requestAnimationFrame(remember);
    return () => cancelAnimationFrame(drawn);
  }, [restore, remember, options.content]);

  useLayoutEffect(() => {
    if (!settled.current || !options.tail) return;
    sticky.current = true;
    restore();
  }, [restore, options.tail]);

  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const { target, marked } = latest.current;
    const wanted = target && (document.getElementById(target) ?? document.getElementById(`entry-${target}`));
    if (wanted) {
      sticky.current = false;
      element.scrollTop += top(element, wanted as HTMLElement) - element.clientHeight / 3;
      if (marked) wanted.classList.add("is-hit");
    } else element.scrollTop = element.scrollHeight;
    anchor.current = firstVisible(element);
    const grown = new ResizeObserver(() => {
      restore();
      remember();
    });
    grown.observe(column.current as HTMLDivElement);
    grown.observe(element);
    element.addEventListener("scroll", remember, { passive: true });
    const ready = requestAnimationFrame(() => {
      settled.current = true;
      remember();
    });
    return () => {
      cancelAnimationFrame(ready);
      grown.disconnect();
      element.removeEventListener("scroll", remember);
    };
  }, [remember, restore]);

  const toEnd = useCallback(() => {
    sticky.current = true;
    requestAnimationFrame(restore);
  }, [restore]);
  return { box, column, atEnd, toEnd };
}

/** Entries keep their ids whatever is loaded around them; days and rules come and go. */
function firstVisible(element: HTMLElement): { key: string; top: number } | null {
  const items = element.querySelectorAll<HTMLElement>('[id^="entry-"]');
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle] as HTMLElement;
    if (top(element, item) + item.offsetHeight > 0) high = middle;
    else low = middle + 1;
  }
  const found = items[low];
  return found ? { key: found.id, top: top(element, found) } : null;
}

function top(element: HTMLElement, item: HTMLElement): number {
  return item.getBoundingClientRect().top - element.getBoundingClientRect().top;
}
