import { here, type RestCall } from './calls.ts';
import type { CallOptions, RestClient } from './rest-client.ts';

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
