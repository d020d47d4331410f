import { orgName, type RestCall } from './calls.ts';
import type { CallOptions, RestClient } from './rest-client.ts';

// biome-ignore lint/suspicious/noExplicitAny: each call has its own parameters and result
type Table = { readonly [name: string]: (...args: any[]) => RestCall<any, any> };

type Bound<Call> = Call extends (...args: infer Args) => RestCall<infer Result, infer Options>
  ? (...args: [...Args, options?: Options]) => Promise<Result>
  : never;

/** A table of calls as methods: each sends its request, and takes options as its last argument. */
export type BoundCalls<T> = { readonly [Name in keyof T]: Bound<T[Name]> };

/**
 * Options follow the declared parameters of a call. Parameters must not have default values,
 * because `length` doesn't count those.
 * @param readOrgName the name of the organization in the paths of its calls
 */
export function bindCalls<T extends Table>(table: T, rest: RestClient, readOrgName?: () => string): BoundCalls<T> {
  const bound = Object.entries(table).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      const made = call(...args.slice(0, call.length));
      const path = made.path.map((segment) => (segment === orgName ? readOrgName!() : segment));
      return rest.send({ ...made, path }, (args[call.length] ?? {}) as CallOptions);
    },
  ]);
  return Object.fromEntries(bound) as BoundCalls<T>;
}
