import { readSearchFilter, splitSearchWords } from '@rollcall/client';

/** What is typed here and what a program sends to REST mean the same. */
export { parseSearchQuery as parseSearch } from '@rollcall/client';

/** The query with a key's filter set to one value, or without it: what the filters above the table do to the search. */
export function withFilter(query: string, key: string, value: string | null): string {
  const words = splitSearchWords(query).filter((word) => word !== '' && readSearchFilter(word)?.key !== key);
  const written = value === null ? [] : [`${key}:${/\s/.test(value) ? `"${value}"` : value}`];
  return [...words, ...written].join(' ');
}
