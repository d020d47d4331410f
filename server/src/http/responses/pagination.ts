import { OrgError } from '@rollcall/protocol';
import type { DateWindow } from '../../read-path/queries/window.ts';
import { fieldLimits } from '../../runtime/limits/rows/fields.ts';
import type { ApiRequest, Reply } from '../route.ts';
import type { Services } from '../services.ts';

/** Sentry's cursor pagination, reproduced exactly (REST contract 1.2). */

/** The parts of a request that determine its page. */
type PagedRequest = Pick<ApiRequest, 'query' | 'url'>;

interface Cursor {
  readonly value: number;
  readonly offset: number;
  readonly isPrevious: boolean;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: Cursor | null;
}

function detail(message: string): OrgError {
  return new OrgError('invalid', message);
}

function parsePageRequest(query: URLSearchParams): PageRequest {
  const text = query.get('per_page');
  if (text !== null && !/^-?[0-9]{1,9}$/.test(text)) throw detail('Invalid per_page parameter.');
  const limit = text === null ? fieldLimits.pageItems.value : Number(text);
  if (limit < 1 || limit > fieldLimits.pageItems.value)
    throw detail(`Invalid per_page value. Must be between 1 and ${fieldLimits.pageItems.value}.`);
  return { limit, cursor: parseCursor(query.get('cursor')) };
}

function parseCursor(text: string | null): Cursor | null {
  if (!text) return null;
  const match = /^(-?[0-9]{1,15}):(-?[0-9]{1,15}):(-?[0-9]{1,15})$/.exec(text);
  if (!match) throw detail('Invalid cursor parameter.');
  const cursor = { value: Number(match[1]), offset: Number(match[2]), isPrevious: Number(match[3]) !== 0 };
  if (cursor.offset < 0) throw detail('Pagination offset cannot be negative');
  return cursor;
}

interface LinkEnd {
  readonly cursor: string;
  readonly hasResults: boolean;
}

function linkHeader(services: Services, request: PagedRequest, previous: LinkEnd, next: LinkEnd): string {
  const kept = new URLSearchParams(request.query);
  kept.delete('cursor');
  const base = `${services.publicUrl}${request.url.pathname}?${kept.toString()}`;
  const link = (rel: string, { cursor, hasResults }: LinkEnd) =>
    `<${base}&cursor=${cursor}>; rel="${rel}"; results="${hasResults}"; cursor="${cursor}"`;
  return `${link('previous', previous)}, ${link('next', next)}`;
}

/**
 * The offset paginator: the cursor's value is the page size, its offset the page number.
 * @param fetch reads up to `limit` rows from row `offset` on; it is called for one row more than
 * the page has
 */
export async function paginateByOffset<Row>(
  request: PagedRequest,
  services: Services,
  fetch: (limit: number, offset: number) => Promise<readonly Row[]>,
  present: (rows: readonly Row[]) => Promise<readonly unknown[]> | readonly unknown[],
): Promise<Reply> {
  const { limit, cursor } = parsePageRequest(request.query);
  const page = cursor?.offset ?? 0;
  const offset = page * (cursor?.value ?? 0);
  if (offset < 0) throw detail('Pagination offset cannot be negative');
  if (offset > Number.MAX_SAFE_INTEGER) throw detail('Invalid cursor parameter.');
  const rows = await fetch(limit + 1, offset);
  const link = linkHeader(
    services,
    request,
    { cursor: `${limit}:${page - 1}:1`, hasResults: page > 0 },
    { cursor: `${limit}:${page + 1}:0`, hasResults: rows.length > limit },
  );
  return { status: 200, body: await present(rows.slice(0, limit)), headers: { Link: link } };
}

/**
 * The date paginator, newest first. `dateOf` returns a row's sort column in milliseconds since the
 * epoch.
 */
export async function paginateByDate<Row>(
  request: PagedRequest,
  services: Services,
  fetch: (window: DateWindow) => Promise<readonly Row[]>,
  dateOf: (row: Row) => number,
  present: (rows: readonly Row[]) => Promise<readonly unknown[]> | readonly unknown[],
): Promise<Reply> {
  const { limit, cursor } = parsePageRequest(request.query);
  const isPrevious = cursor?.isPrevious ?? false;
  const start: DateWindow = { value: cursor?.value ?? null, offset: cursor?.offset ?? 0, isPrevious, limit: limit + 1 };
  const found = await fetch(start);
  const hasMore = found.length > limit;
  const taken = found.slice(0, limit);
  const rows = isPrevious ? taken.toReversed() : taken;
  const first = rows[0];
  const last = rows.at(-1);
  const nextValue = last ? dateOf(last) : (cursor?.value ?? 0);
  const previousValue = first ? dateOf(first) : (cursor?.value ?? 0);
  // Rows with the date of the page's edge that were already shown are skipped, in both directions.
  const shownAt = (date: number) => rows.filter((row) => dateOf(row) === date).length;
  const carriedOver = (date: number, isSameWay: boolean) => (isSameWay && cursor?.value === date ? cursor.offset : 0);
  const previousOffset = shownAt(previousValue) + carriedOver(previousValue, isPrevious);
  const nextOffset = shownAt(nextValue) + carriedOver(nextValue, !isPrevious);
  const link = linkHeader(
    services,
    request,
    { cursor: `${previousValue}:${previousOffset}:1`, hasResults: isPrevious ? hasMore : cursor !== null },
    { cursor: `${nextValue}:${nextOffset}:0`, hasResults: isPrevious ? true : hasMore },
  );
  return { status: 200, body: await present(rows), headers: { Link: link } };
}
