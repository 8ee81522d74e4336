import { useCallback, useEffect, useRef } from "react";
import { sayTyping } from "../live/socket";

const AGAIN_MS = 3000;
const PAUSE_MS = 4000;

/** Tells others that somebody writes: at most every three seconds, and once when it ends. */
export function useTypingSign(thread: string, note: boolean) {
  const last = useRef(0);
  const timer = useRef(0);
  const stop = useCallback(() => {
    clearTimeout(timer.current);
    if (last.current) sayTyping(thread, false, note);
    last.current = 0;
  }, [thread, note]);
  const sign = useCallback(
    (value: string) => {
      if (!value.trim()) {
        stop();
        return;
      }
      clearTimeout(timer.current);
      timer.current = window.setTimeout(stop, PAUSE_MS);
      if (Date.now() - last.current < AGAIN_MS) return;
      last.current = Date.now();
      sayTyping(thread, true, note);
    },
    [thread, note, stop],
  );
  useEffect(() => stop, [stop]);
  return { sign, stop };
}
