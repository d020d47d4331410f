import type { CallOptions, CommandOptions, CommandResult, RestClient } from './rest-client.ts';

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

// biome-ignore lint/suspicious/noExplicitAny: each call has parameters of its own, and its own answer.
type Table = { readonly [name: string]: (...args: any[]) => RestCall<any, any> };

type Bound<Call> = Call extends (...args: infer Args) => RestCall<infer Answer, infer Options>
  ? (...args: [...Args, options?: Options]) => Promise<Answer>
  : never;

/** A table as its callers see it: the same functions, which now send, and take options last. */
export type BoundCalls<T> = { readonly [Name in keyof T]: Bound<T[Name]> };

/**
 * Options come after the parameters that a call declares, so none of these has a default value: `length` does not count it.
 * @param nameHere what the calls name the organization by that they are made on
 */
export function bindCalls<T extends Table>(table: T, rest: RestClient, nameHere?: () => string): BoundCalls<T> {
  const bound = Object.entries(table).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      const made = call(...args.slice(0, call.length));
      const path = made.path.map((segment) => (segment === here ? nameHere!() : segment));
      return rest.carryOut({ ...made, path }, (args[call.length] ?? {}) as CallOptions);
    },
  ]);
  return Object.fromEntries(bound) as BoundCalls<T>;
}
