import type { Caller } from '../identity/caller.ts';
import type { Ending } from '../read-path/server-stream.ts';
import type { Connection } from './connection.ts';

/** Every open connection, found by whose it is: what ends a user or a credential closes what it opened. */
export class Connections {
  readonly #all = new Set<Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #byCredential = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    for (const [index, key] of this.#keysOf(connection)) index.set(key, (index.get(key) ?? new Set()).add(connection));
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    for (const [index, key] of this.#keysOf(connection)) {
      const found = index.get(key);
      if (found?.delete(connection) && found.size === 0) index.delete(key);
    }
  }

  end(ending: Ending): void {
    const found = ending.kind === 'user-disabled' ? this.#byUser.get(ending.userId) : this.#byCredential.get(ending.credentialId);
    for (const connection of [...(found ?? [])]) connection.goodbye(ending.kind, null);
  }

  /** Sends everybody elsewhere: they come back spread over the range. */
  drain(retryAfterMs: readonly [number, number]): void {
    for (const connection of [...this.#all]) connection.goodbye('draining', retryAfterMs);
  }

  #keysOf({ caller }: Connection): [Map<string, Set<Connection>>, string][] {
    const { actor, credentialId } = caller;
    const keys: [Map<string, Set<Connection>>, string][] = [[this.#byCredential, credentialId]];
    if (actor.kind === 'user') keys.push([this.#byUser, actor.userId]);
    return keys;
  }
}

/** Whether an ending is this caller's. */
export function concerns(ending: Ending, { actor, credentialId }: Caller): boolean {
  return ending.kind === 'user-disabled' ? actor.kind === 'user' && actor.userId === ending.userId : credentialId === ending.credentialId;
}
