import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';

type Values = Readonly<Record<string, string>>;

interface UrlValues<V extends Values> {
  readonly values: V;
  /** Sets values with a new history entry, so that Back undoes the choice. */
  choose(part: Partial<V>): void;
  /**
   * Sets values while the user types. It replaces the address once they pause, since browsers limit
   * how often an address may change.
   */
  type(part: Partial<V>): void;
}

const typingPauseMs = 250;

/**
 * A page's search and filters, stored in the query of its address, so that links, reload and Back
 * show the same list. Default values are left out. `defaults` must stay the same object.
 */
export function useUrlValues<V extends Values>(defaults: V): UrlValues<V> {
  // Not that of `wouter`, which decodes the query once more: a text such as `%2B` would change.
  const search = useSearch();
  const [, navigate] = useLocation();
  /** Values that are not in the address yet. */
  const [draft, setDraft] = useState<Partial<V>>({});
  const [draftedAt, setDraftedAt] = useState(search);
  if (draftedAt !== search) {
    // The address now contains the draft, or the user navigated.
    setDraftedAt(search);
    setDraft({});
  }
  const values = useMemo(() => {
    const query = new URLSearchParams(search);
    const inUrl = Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, query.get(key) ?? value]));
    return { ...inUrl, ...(draftedAt === search ? draft : {}) } as V;
  }, [search, defaults, draft, draftedAt]);

  const current = useRef(values);
  current.current = values;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: cancels a draft of another address
  useEffect(() => () => clearTimeout(timer.current), [search]);

  const write = useCallback(
    (next: V, replace: boolean) => {
      clearTimeout(timer.current);
      const query = new URLSearchParams(location.search);
      for (const [key, value] of Object.entries(next)) {
        if (value === defaults[key]) query.delete(key);
        else query.set(key, value);
      }
      const text = query.toString();
      if (text !== new URLSearchParams(location.search).toString()) navigate(`${location.pathname}${text && `?${text}`}`, { replace });
    },
    [navigate, defaults],
  );
  const change = useCallback((part: Partial<V>) => {
    current.current = { ...current.current, ...part };
    setDraft((before) => ({ ...before, ...part }));
  }, []);
  const choose = useCallback(
    (part: Partial<V>) => {
      change(part);
      write(current.current, false);
    },
    [change, write],
  );
  const type = useCallback(
    (part: Partial<V>) => {
      change(part);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => write(current.current, true), typingPauseMs);
    },
    [change, write],
  );
  return { values, choose, type };
}
