import { useSyncExternalStore } from "react";

export interface Store<T> {
  get: () => T;
  set: (change: (old: T) => T) => void;
  subscribe: (listener: () => void) => () => void;
}

/** A value outside React that several parts watch; server data lives in the query cache, never here. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (change) => {
      const next = change(value);
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
