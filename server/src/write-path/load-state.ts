import type { OrgState } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import { readCallerState } from '../database/records/caller-state-read.ts';
import { type Actor, userIdOf } from '../domain/actor.ts';
import { notFound } from '../domain/authorize.ts';

/** Write path 2/5: reads, under the lock, the facts that a decision depends on. */

/**
 * Loads the organization, and the actor's member with their teams, which is enough for `authorize`.
 * Commands add further records with `state.put`.
 * @throws OrgError `not-found`
 */
export async function loadActorState(tx: Tx, orgId: string, actor: Actor): Promise<OrgState> {
  const state = await readCallerState(tx, orgId, userIdOf(actor));
  if (!state) throw notFound();
  return state;
}

/**
 * Allocates new ids. A refused command leaves a gap in the sequence, which is harmless, because
 * revisions define the order.
 */
export async function allocateIds(tx: Tx, count: number): Promise<string[]> {
  if (count <= 0) return [];
  const { rows } = await sql<{ id: string }>`SELECT nextval('record_ids') AS id FROM generate_series(1, ${count})`.execute(tx);
  return rows.map(({ id }) => id);
}

export async function allocateId(tx: Tx): Promise<string> {
  return (await allocateIds(tx, 1))[0]!;
}
