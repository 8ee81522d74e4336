import { useRef, useState } from "react";
import type { Case } from "../api/types";

/**
 * The rows as they may be drawn while a pointer rests on the list: same rows, same places, fresh contents.
 * `waiting` counts what would move or come in.
 */
export function steady(shown: string[], rows: Case[]): { rows: Case[]; waiting: number } {
  const fresh = new Map(rows.map((row) => [row.id, row]));
  const kept = shown.flatMap((id) => fresh.get(id) ?? []);
  const known = new Set(shown);
  const coming = rows.filter((row) => !known.has(row.id)).length;
  const moved = rows.filter((row) => known.has(row.id)).filter((row, index) => row.id !== kept[index]?.id).length;
  return { rows: kept, waiting: coming + (moved ? 1 : 0) };
}

/** The list never moves under the pointer: changes of order wait until it leaves, or until they are asked for. */
export function useSteady(rows: Case[], list: string) {
  const [held, setHeld] = useState(false);
  const shown = useRef<{ list: string; ids: string[]; rows: Case[] }>({ list, ids: [], rows: [] });
  const [, redraw] = useState(0);
  const frozen = held && shown.current.list === list && shown.current.ids.length > 0;
  const loadedMore = frozen && rows.length > shown.current.ids.length && startsWith(rows, shown.current.ids);
  const now = frozen && !loadedMore ? steady(shown.current.ids, rows) : { rows, waiting: 0 };
  shown.current = { list, ids: now.rows.map((row) => row.id), rows: now.rows };
  return {
    rows: now.rows,
    waiting: now.waiting,
    hold: setHeld,
    release: () => {
      shown.current = { list, ids: [], rows: [] };
      redraw((count) => count + 1);
    },
  };
}

function startsWith(rows: Case[], ids: string[]): boolean {
  return ids.every((id, index) => rows[index]?.id === id);
}
