import type { Ending } from '../domain/server-stream.ts';
import type { Caller } from '../identity/caller.ts';
import type { Connection } from './connection.ts';

/** As for a drain: 5,000 connections are two a millisecond. */
const judgeAnewRetryMs = [100, 3_000] as const;

/** Every open connection, found by whose it is: what ends a user or a credential closes what it opened. */
export class Connections {
  readonly #all = new Set<Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #byCredential = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  /** What this process holds for all of them together. */
  get unsentBytes(): number {
    let bytes = 0;
    for (const connection of this.#all) bytes += connection.unsentBytes();
    return bytes;
  }

  /** Copies that their clients said are older than their lease. */
  get staleCount(): number {
    let count = 0;
    for (const connection of this.#all) count += connection.staleCount;
    return count;
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

  /** What opened them, each once. Tokens of another issuer are not ours to count. */
  openCredentials(): { readonly sessionIds: readonly string[]; readonly tokenIds: readonly string[] } {
    const sessionIds = new Set<string>();
    const tokenIds = new Set<string>();
    for (const { caller } of this.#all) {
      if (caller.session) sessionIds.add(caller.credentialId);
      else if (caller.actor.tokenScopes !== null) tokenIds.add(caller.credentialId);
    }
    return { sessionIds: [...sessionIds], tokenIds: [...tokenIds] };
  }

  /** What ended is not known any more: all come back, spread over some seconds, and are judged by their credentials. */
  judgeAnew(): void {
    for (const connection of [...this.#all]) connection.goodbye('overloaded', judgeAnewRetryMs);
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
