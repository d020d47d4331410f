import type { ListPage } from './calls.ts';

/** Names in the REST contract that differ from the client's. */
const queryNames: Readonly<Record<string, string>> = { perPage: 'per_page' };

/** `?a=b`, or an empty string. Undefined values are omitted. */
export function queryOf(search: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.flatMap(([name, value]) => [value].flat().map((one) => [queryNames[name] ?? name, String(one)])))}`;
}

/** The rows of a response, as an array or in `rows`, with the cursors of its neighbours. */
export function pageOf(body: unknown, link: string): ListPage<unknown> {
  const rows = Array.isArray(body) ? body : ((body as { rows?: unknown[] } | null)?.rows ?? []);
  return { rows, next: cursorIn(link, 'next'), previous: cursorIn(link, 'previous') };
}

/** Both neighbouring pages are always in the header. `results` is true if the page exists. */
function cursorIn(link: string, rel: string): string | null {
  const part = link.split(/,\s*(?=<)/).find((one) => one.includes(`rel="${rel}"`));
  if (!part?.includes('results="true"')) return null;
  return /cursor="([^"]*)"/.exec(part)?.[1] ?? null;
}
