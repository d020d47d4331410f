/** In a path: the organization that a call is made on, by its id once that is known. */
export const here = Symbol('organization');

export type Segment = string | typeof here;

/** What a GET takes besides its own search. */
export interface ReadOptions {
  /** Gives up with `OrgError('aborted')`. */
  readonly signal?: AbortSignal;
}

/** Where in a list to read. */
export interface PageOptions extends ReadOptions {
  /** `next` or `previous` of another page. */
  readonly cursor?: string;
  /** Up to 100, which is what one gets unless it is given. */
  readonly perPage?: number;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the rows after these are read from. Null at the end. */
  readonly next: string | null;
  readonly previous: string | null;
}

export interface CommandOptions {
  /** Gives up with `OrgError('aborted')`. The command may have been carried out all the same. */
  readonly signal?: AbortSignal;
  /** The same key for the same command is carried out once and answered alike. A new one for each call unless given. */
  readonly idempotencyKey?: string;
  /** Refuse with `revision-conflict` unless the organization is still at this revision: a number, or an answer's text. */
  readonly ifRevision?: number | string;
}

export interface CommandResult<T> {
  readonly data: T;
  /** Where the organization stands after the command, for `waitFor`. Null where the answer did not say. */
  readonly revision: string | null;
  /** The HTTP status, where it tells more: 202 for a request that others must approve. */
  readonly status: number;
}

/** One call of REST. Pure, so that the whole of it is tables (`organization-commands.ts` and those beside it). */
export interface RestCall<Answer = unknown, Options = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: readonly Segment[];
  readonly body?: object;
  /** What the caller gets: the answer with its revision, its body alone, or a page of rows. */
  readonly gives: 'result' | 'data' | 'page';
  /** Not sent again when it is unknown whether it arrived: the server would do it twice. */
  readonly isSentOnce?: true;
  /** Never there: what the compiler knows of the two. */
  readonly types?: readonly [Answer, Options];
}

type CommandCall<T> = RestCall<CommandResult<T>, CommandOptions>;

/** A command of an organization, safe to send again. */
export function command<T>(method: 'POST' | 'PUT' | 'DELETE', path: readonly Segment[], body?: object): CommandCall<T> {
  return { method, path, gives: 'result', ...(body && { body }) };
}

/** What no key makes safe to send again: it opens a session, sends a mail, or shows a secret this once. */
export function sendOnce<T>(method: 'POST' | 'PUT' | 'DELETE', path: readonly Segment[], body?: object): RestCall<T, ReadOptions> {
  return { method, path, gives: 'data', isSentOnce: true, ...(body && { body }) };
}

/** `Question` is what its query says. */
export function read<T, Question extends object = object>(...path: readonly Segment[]): RestCall<T, Question & ReadOptions> {
  return { method: 'GET', path, gives: 'data' };
}

/** A list in pages. `Search` is what it may be narrowed by. */
export function list<T, Search extends object = object>(...path: readonly Segment[]): RestCall<Page<T>, Search & PageOptions> {
  return { method: 'GET', path, gives: 'page' };
}
