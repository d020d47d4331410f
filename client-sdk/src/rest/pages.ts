import type { Page } from './calls.ts';

/** Names of the contract that are no names of ours. */
const queryNames: Readonly<Record<string, string>> = { perPage: 'per_page' };

/** `?a=b`, or nothing. What is undefined is left out. */
export function queryOf(search: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.flatMap(([name, value]) => [value].flat().map((one) => [queryNames[name] ?? name, String(one)])))}`;
}

/** The rows of an answer, which stand in it bare or as `rows`, and where its neighbours begin. */
export function pageOf(body: unknown, link: string): Page<unknown> {
  const rows = Array.isArray(body) ? body : ((body as { rows?: unknown[] } | null)?.rows ?? []);
  return { rows, next: cursorIn(link, 'next'), previous: cursorIn(link, 'previous') };
}

/** A neighbour is always named, and said to be empty where there is none. */
function cursorIn(link: string, rel: string): string | null {
  const part = link.split(/,\s*(?=<)/).find((one) => one.includes(`rel="${rel}"`));
  if (!part?.includes('results="true"')) return null;
  return /cursor="([^"]*)"/.exec(part)?.[1] ?? null;
}
