import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { SealReading } from './seal-reading.ts';

/**
 * The seal is the row `installation` of `server_values`. It proves that the database is that of
 * this installation, and that no restore has replaced its rows since (docs/adr/0048).
 */
export interface Seal {
  /** Stays the same for the life of the installation, in backups too. */
  readonly installation: string;
  /** The transaction that wrote the row. In a restored database, another one did. */
  readonly xid: string;
  /** The epochs that organization 0 had until the row was written, the last one at the end. */
  readonly epochs: readonly string[];
}

/** Only statements that read the seal have this alias. */
export const sealAlias = 'AS seal_xmin';
const columns = `seal.value AS seal, seal.xmin::text ${sealAlias}, stream.epoch AS stream_epoch`;
/** It always has one row. */
const tables = `(SELECT) AS one LEFT JOIN server_values AS seal ON seal.name = 'installation'
  LEFT JOIN org_heads AS stream ON stream.organization_id = 0`;

/** The columns of a reading, and their tables, for a statement that reads something else too. */
export const sealColumns: RawBuilder<SealReading> = sql.raw(columns);
export const sealTables: RawBuilder<unknown> = sql.raw(tables);
export const sealQuery = `SELECT ${columns} FROM ${tables}`;

/**
 * Fails unless the seal is intact and that of the installation `$1`, as `isIntact` checks it. It
 * protects a transaction, whose COMMIT is sent before the result arrives.
 */
export const provingQuery = `SELECT 1 / count(*) AS proof FROM server_values
  WHERE name = 'installation' AND value::json ->> 'installation' = $1::text
    AND xmin::text = ((value::json ->> 'xid')::bigint & 4294967295)::text`;

const selectSeal = prepared((db) => sql<SealReading>`${sql.raw(sealQuery)}`.compile(db));

export async function readSeal(db: Db): Promise<SealReading> {
  return (await selectSeal(db))[0]!;
}

/** Null if there is no seal that this version understands. */
export function parseSeal({ seal }: SealReading): Seal | null {
  try {
    const value: unknown = JSON.parse(seal ?? 'null');
    return isSeal(value) ? value : null;
  } catch {
    return null;
  }
}

function isSeal(value: unknown): value is Seal {
  const { installation, xid, epochs } = (value ?? {}) as { readonly [key in keyof Seal]?: unknown };
  const isXid = typeof xid === 'string' && /^\d+$/.test(xid);
  return typeof installation === 'string' && isXid && Array.isArray(epochs) && epochs.every((epoch) => typeof epoch === 'string');
}

/** Whether the row is as the seal's own transaction wrote it. */
export function isIntact({ xid }: Seal, { seal_xmin: xmin }: SealReading): boolean {
  return xmin !== null && BigInt.asUintN(32, BigInt(xid)) === BigInt(xmin);
}

/**
 * Whether a start would wait for the end of a restore. An epoch that the seal does not know ends
 * one.
 */
export function isRestored(seal: Seal, reading: SealReading): boolean {
  const { stream_epoch: epoch } = reading;
  const isKnown = epoch !== null && seal.epochs.includes(epoch);
  return isKnown && !(isIntact(seal, reading) && seal.epochs.at(-1) === epoch);
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
