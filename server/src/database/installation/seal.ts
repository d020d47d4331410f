import { type RawBuilder, sql } from 'kysely';
import * as z from 'zod';
import type { Db } from '../database.ts';
import { prepared } from '../prepared.ts';

/**
 * The seal is the row `installation` of `server_values`. It proves that the database is that of
 * this installation, and that no restore has replaced its rows since (docs/adr/0048).
 */
const sealSchema = z.object({
  /** Stays the same for the life of the installation, in backups too. */
  installation: z.string(),
  /** The transaction that wrote the row. In a restored database, another one did. */
  xid: z.string().regex(/^\d+$/),
  /** The epochs that organization 0 had until the row was written, the last one at the end. */
  epochs: z.array(z.string()).min(1),
});
export type Seal = z.infer<typeof sealSchema>;

/** The seal as one statement sees it, beside what the statement reads. */
export interface SealReading {
  /** JSON. Null if there is no seal. */
  readonly seal: string | null;
  /** The transaction that wrote the row, as PostgreSQL knows it: 32 bits. */
  readonly seal_xmin: string | null;
  /** The epoch of organization 0. Null if it is missing. */
  readonly stream_epoch: string | null;
}

const columns = 'seal.value AS seal, seal.xmin::text AS seal_xmin, stream.epoch AS stream_epoch';
/** It always has one row. */
const tables = `(SELECT) AS one LEFT JOIN server_values AS seal ON seal.name = 'installation'
  LEFT JOIN org_heads AS stream ON stream.organization_id = 0`;

/** The columns of a reading, and their tables, for a statement that reads something else too. */
export const sealColumns: RawBuilder<SealReading> = sql.raw(columns);
export const sealTables: RawBuilder<unknown> = sql.raw(tables);
export const sealQuery = `SELECT ${columns} FROM ${tables}`;

const selectSeal = prepared((db) => sql<SealReading>`${sql.raw(sealQuery)}`.compile(db));

export async function readSeal(db: Db): Promise<SealReading> {
  return (await selectSeal(db))[0]!;
}

/** Null if there is no seal that this version understands. */
export function parseSeal({ seal }: SealReading): Seal | null {
  if (seal === null) return null;
  try {
    return sealSchema.safeParse(JSON.parse(seal)).data ?? null;
  } catch {
    return null;
  }
}

/** Whether the row is as the seal's own transaction wrote it. */
export function isIntact({ xid }: Seal, { seal_xmin: xmin }: SealReading): boolean {
  return xmin !== null && BigInt.asUintN(32, BigInt(xid)) === BigInt(xmin);
}

/** Seals the database again, unless another instance has done that since the reading. */
export async function writeSeal(db: Db, { installation, epochs }: Seal, reading: SealReading): Promise<void> {
  const earlier = epochs.filter((epoch) => epoch !== reading.stream_epoch);
  const known = JSON.stringify([...earlier, reading.stream_epoch]);
  await sql`
    UPDATE server_values SET value = json_build_object(
      'installation', ${installation}::text, 'xid', pg_current_xact_id()::text, 'epochs', ${known}::json)::text
    WHERE name = 'installation' AND value = ${reading.seal} AND xmin = ${reading.seal_xmin}::text::xid`.execute(db);
}
