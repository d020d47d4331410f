import type { VerifiedDomainRecord } from '@rollcall/protocol';
import { type SelectQueryBuilder, sql } from 'kysely';
import type { StoredDomain } from '../../domain/organizations/verified-domains.ts';
import type { Db, Tx } from '../database.ts';
import type { Schema } from '../schema.ts';
import { verifiedDomainColumns, verifiedDomainFromRow } from './security-records.ts';

/** The domains of organizations, with the state of their challenges. */

export async function readStoredDomains(db: Db, orgId: string): Promise<StoredDomain[]> {
  const rows = await selectDomains(db).where('organization_id', '=', orgId).orderBy('id').execute();
  return rows.map(domainFromRow);
}

export async function readStoredDomain(db: Db, orgId: string, id: string): Promise<StoredDomain | null> {
  const row = await selectDomains(db).where('organization_id', '=', orgId).where('id', '=', id).executeTakeFirst();
  return row ? domainFromRow(row) : null;
}

function selectDomains(db: Db) {
  return db.selectFrom('verified_domains').select([...verifiedDomainColumns, 'challenge', 'date_checked', 'missing_since']);
}

type Row = ReturnType<typeof selectDomains> extends SelectQueryBuilder<Schema, 'verified_domains', infer Selected> ? Selected : never;

function domainFromRow(row: Row): StoredDomain {
  const { challenge, date_checked: dateChecked, missing_since: missingSince } = row;
  return { record: verifiedDomainFromRow(row), challenge, dateChecked, missingSince };
}

export async function saveChallenge(tx: Tx, orgId: string, id: string, challenge: string): Promise<void> {
  await tx.updateTable('verified_domains').set({ challenge }).where('organization_id', '=', orgId).where('id', '=', id).execute();
}

export async function saveCheck(
  tx: Tx,
  orgId: string,
  { id, dateChecked, missingSince }: { readonly id: string } & Pick<StoredDomain, 'dateChecked' | 'missingSince'>,
): Promise<void> {
  await tx
    .updateTable('verified_domains')
    .set({ date_checked: dateChecked, missing_since: missingSince, next_check: nextCheck })
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .execute();
}

/**
 * 24 hours, with a random difference, so that domains verified together are not checked together.
 */
const nextCheck = sql<string>`clock_timestamp() + interval '22 hours' + random() * interval '4 hours'`;

export interface DueDomain {
  readonly id: string;
  readonly orgId: string;
  readonly domain: string;
}

/**
 * Takes verified domains whose next check is due, and sets the check after it. Another instance
 * does not take the same domains.
 */
export async function claimDueDomains(db: Db, count: number): Promise<DueDomain[]> {
  const rows = await db
    .updateTable('verified_domains')
    .set({ next_check: nextCheck })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('verified_domains')
        .select('id')
        .where('status', '=', 'verified')
        .where('next_check', '<=', sql<string>`clock_timestamp()`)
        .orderBy('next_check')
        .limit(count)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'organization_id', 'domain'])
    .execute();
  return rows.map(({ id, organization_id: orgId, domain }) => ({ id, orgId, domain }));
}

/** An active organization that has proved control of a domain. */
export interface DomainHolder {
  readonly orgId: string;
  readonly role: VerifiedDomainRecord['role'];
}

/**
 * The organizations that have verified a domain: at most one owns it, any number are affiliated.
 * @param domain as `domainOfAddress` returns it
 */
export async function verifiedDomainsOf(db: Db, domain: string): Promise<DomainHolder[]> {
  const rows = await db
    .selectFrom('verified_domains')
    .innerJoin('organizations', 'organizations.id', 'verified_domains.organization_id')
    .select(['verified_domains.organization_id', 'verified_domains.role'])
    .where('verified_domains.domain', '=', domain)
    .where('verified_domains.status', '=', 'verified')
    .where('organizations.status', '=', 'active')
    .execute();
  return rows.map(({ organization_id: orgId, role }) => ({ orgId, role: role as DomainHolder['role'] }));
}
