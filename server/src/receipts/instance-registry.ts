import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { keyRowName, useKeyRow } from '../database/installation/secret-keys.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import { SharedReads } from '../runtime/tasks/shared-reads.ts';

/**
 * The instances that share the database, in the table `instances`. Unlike messages over Redis, the
 * table shows instances that have just started, that lost Redis, or that never had it.
 */

/** A client considers its replica current for this long without a pong (rule F2). */
const clientLeaseMs = 15_000;
const beatMs = 2_000;
/** A beat may be late by this much: a busy process, or a slow statement. */
const beatLateMsMax = 3_000;
/**
 * An instance that died is listed until the leases of all its clients have run out. Its last pong
 * may be as late as the beat that it missed.
 */
export const silentMsMax = clientLeaseMs + beatMs + beatLateMsMax;
/**
 * After an outage of the database, instances that were silent for longer may send pongs again
 * before their next beat. They are listed until that beat is due.
 */
const outageMsMin = beatMs + beatLateMsMax;
/** A row is deleted after an hour. An instance that was frozen for longer adds its row again. */
const forgottenAfterMs = 3_600_000;

export interface LiveInstance {
  /** Differs at each start. */
  readonly id: string;
  /** The operator's name for it. */
  readonly name: string;
}

export interface InstanceRegistry {
  /**
   * The instances whose clients may hold current replicas, this one included. The read begins after
   * the call. Rejects while the database is unreachable.
   */
  read(): Promise<readonly LiveInstance[]>;
  close(): Promise<void>;
}

/** The registry of the embedded database, which only one process can open. */
export function onlyInstance(self: LiveInstance): InstanceRegistry {
  return { read: async () => [self], close: async () => {} };
}

export interface RegistryDeps {
  /**
   * The connections of the head checks. An instance that can't use them sends no pongs, so its
   * silence here and the leases of its clients agree.
   */
  readonly reads: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly self: LiveInstance;
  /** This instance registers its keys, and learns which key is in use. */
  readonly keys: KeyRing;
}

/**
 * Registers this instance, and keeps it registered until it is closed. Must be opened before the
 * instance serves clients, and closed when it serves none anymore. Rejects if this instance can't
 * be registered, because receipts of other instances would not wait for it.
 */
export async function openInstanceRegistry({ reads, clock, log, self, keys }: RegistryDeps): Promise<InstanceRegistry> {
  const all = 'all';
  let lastBeatAt = Number.NEGATIVE_INFINITY;
  /** The end of the latest outage that this instance knows of. It may have started during one. */
  let outageEndedAt = Number.NEGATIVE_INFINITY;
  const register = async () => {
    const before = keys.current;
    await saveBeat(reads, self, keys);
    // The others wait until each instance has registered the key in use.
    if (keys.current !== before) await saveBeat(reads, self, keys);
    const now = clock.now();
    if (now - lastBeatAt > outageMsMin) outageEndedAt = now;
    lastBeatAt = now;
  };
  const listedMs = () => {
    const isOutage = clock.now() - lastBeatAt > outageMsMin;
    const wasOutage = clock.now() - outageEndedAt <= outageMsMin;
    return isOutage || wasOutage ? forgottenAfterMs : silentMsMax;
  };
  const readAll = async () => new Map([[all, await readLive(reads, self, listedMs())]]);
  const sharedReads = new SharedReads<readonly LiveInstance[]>(clock, readAll, {
    // Callers don't repeat their reads because a read is slow, so there is no burst to wait for.
    burstPerSecondMin: Infinity,
  });
  let isClosed = false;
  let cancel = () => {};
  let beating: Promise<void> = Promise.resolve();
  const beat = async () => {
    await register().catch((error: unknown) =>
      log.debug({ error: String(error) }, 'could not register this instance; it tries again shortly'),
    );
    if (!isClosed) beatLater();
  };
  const beatLater = () => {
    cancel = clock.after(beatMs, () => {
      beating = beat();
    });
  };
  await register();
  beatLater();
  return {
    read: async () => (await sharedReads.read([all])).get(all)!,
    async close() {
      isClosed = true;
      cancel();
      await beating;
      await unregister(reads, self).catch((error: unknown) =>
        log.debug({ error: String(error) }, 'could not unregister this instance; its registration expires by itself'),
      );
    },
  };
}

async function saveBeat(db: Db, { id, name }: LiveInstance, keys: KeyRing): Promise<void> {
  const { rows } = await sql<{ keyRow: string | null }>`
    WITH forgotten AS (DELETE FROM instances WHERE seen_at < now() - ${forgottenAfterMs} * interval '1 millisecond' AND id <> ${id})
    INSERT INTO instances (id, name, secret_keys) VALUES (${id}, ${name}, ${keys.ids}::text[])
    ON CONFLICT (id) DO UPDATE SET seen_at = now(), secret_keys = excluded.secret_keys
    RETURNING (SELECT value FROM server_values WHERE name = ${keyRowName}) AS "keyRow"`.execute(db);
  if (rows[0]?.keyRow) useKeyRow(keys, rows[0].keyRow);
}

async function unregister(db: Db, { id }: LiveInstance): Promise<void> {
  await sql`DELETE FROM instances WHERE id = ${id}`.execute(db);
}

async function readLive(db: Db, self: LiveInstance, listedMs: number): Promise<readonly LiveInstance[]> {
  const { rows } = await sql<LiveInstance>`
    SELECT id, name FROM instances
    WHERE seen_at > now() - ${listedMs} * interval '1 millisecond' AND id <> ${self.id}`.execute(db);
  return [self, ...rows];
}
