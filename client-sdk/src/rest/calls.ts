/** The placeholder in a path for the organization, by its id once it is known. */
export const orgName = Symbol('organization');

export type Segment = string | typeof orgName;

/** The options of every GET. */
export interface ReadOptions {
  /** Rejects with `OrgError('aborted')` when it aborts. */
  readonly signal?: AbortSignal;
}

/** The position in a list. */
export interface PageOptions extends ReadOptions {
  /** `next` or `previous` of another page. */
  readonly cursor?: string;
  /** Up to 100, which is the default. */
  readonly perPage?: number;
}

export interface ListPage<T> {
  readonly rows: readonly T[];
  /** The cursor of the next rows. Null at the end. */
  readonly next: string | null;
  readonly previous: string | null;
}

export interface CommandOptions {
  /** Rejects with `OrgError('aborted')` when it aborts. The command may have been executed. */
  readonly signal?: AbortSignal;
  /**
   * A repeated command with the same key is executed once and gets the same response. Defaults to a
   * new key per call.
   */
  readonly idempotencyKey?: string;
  /**
   * Refuses with `revision-conflict` unless the organization is still at this revision: a number,
   * or the text in a command's result.
   */
  readonly ifRevision?: number | string;
  /**
   * Waits until all instances of the server have applied the command and ended the connections that
   * it ends, for up to this many milliseconds and at most 10,000. The result's `applied` shows
   * whether they have. The command itself never waits.
   */
  readonly wait?: number;
}

/** The instances of the server that have applied a command. */
export interface Applied {
  /** All of them. No connection that the command ends is served anymore. */
  readonly complete: boolean;
  /** The instances that have applied it. */
  readonly instances: number;
  /** The instances that have not confirmed it in time. They apply it as soon as they can. */
  readonly missing: number;
  /** The number of subscriptions that the command ended. */
  readonly ended: number;
  readonly ms: number;
}

export interface CommandResult<T> {
  readonly data: T;
  /**
   * The organization's revision after the command, for `waitFor`. Null if the response has none.
   */
  readonly revision: string | null;
  /** The HTTP status, for example 202 for a request that others must approve. */
  readonly status: number;
  /**
   * Null without the option `wait`, if the command changed nothing, and if the response is that of
   * an earlier request with the same key.
   */
  readonly applied: Applied | null;
}

/** One REST call. Pure, so that all calls are tables (such as `organization-commands.ts`). */
export interface RestCall<Result = unknown, Options = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: readonly Segment[];
  readonly body?: object;
  /** The result: the body with its revision, the body alone, or a page of rows. */
  readonly returns: 'result' | 'data' | 'page';
  /**
   * Set if the call is not retried when its response is lost, because the server might run it
   * twice.
   */
  readonly isSentOnce?: true;
  /** Only for the compiler. Never set. */
  readonly types?: readonly [Result, Options];
}

type CommandCall<T> = RestCall<CommandResult<T>, CommandOptions>;

/** A command of an organization, which can be repeated safely. */
export function command<T>(method: 'POST' | 'PUT' | 'DELETE', path: readonly Segment[], body?: object): CommandCall<T> {
  return { method, path, returns: 'result', ...(body && { body }) };
}

/**
 * A write that no key makes repeatable: it opens a session, sends a mail, or returns a secret once.
 */
export function sendOnce<T>(method: 'POST' | 'PUT' | 'DELETE', path: readonly Segment[], body?: object): RestCall<T, ReadOptions> {
  return { method, path, returns: 'data', isSentOnce: true, ...(body && { body }) };
}

/** `Query` is the type of its query parameters. */
export function read<T, Query extends object = object>(...path: readonly Segment[]): RestCall<T, Query & ReadOptions> {
  return { method: 'GET', path, returns: 'data' };
}

/** A paginated list. `Search` is the type of its filters. */
export function list<T, Search extends object = object>(...path: readonly Segment[]): RestCall<ListPage<T>, Search & PageOptions> {
  return { method: 'GET', path, returns: 'page' };
}
