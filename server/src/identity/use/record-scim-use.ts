import type { Db } from '../../database/database.ts';
import { recordScimAddress } from '../../database/tokens/scim-addresses.ts';
import type { CallingActor } from '../../domain/actor.ts';

/**
 * Addresses that this instance has recorded, by token and address, with the time in milliseconds.
 * Oldest first.
 */
type Recorded = Map<string, number>;

const recordedIn = new WeakMap<Db, Recorded>();
const recordedMax = 10_000;
const intervalMs = 60 * 60 * 1_000;

/** Records the address of an identity provider, at most every hour. */
export async function recordScimUse(db: Db, orgId: string, actor: CallingActor): Promise<void> {
  if (actor.kind !== 'org-token' || !actor.isForScim || actor.address === null) return;
  const recorded: Recorded = recordedIn.get(db) ?? new Map();
  recordedIn.set(db, recorded);
  const key = `${actor.tokenId} ${actor.address}`;
  if ((recorded.get(key) ?? Number.NEGATIVE_INFINITY) > actor.at - intervalMs) return;
  recorded.delete(key);
  recorded.set(key, actor.at);
  if (recorded.size > recordedMax) recorded.delete(recorded.keys().next().value!);
  try {
    await recordScimAddress(db, orgId, { tokenId: actor.tokenId, address: actor.address });
  } catch (error) {
    recorded.delete(key);
    throw error;
  }
}
