import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { VerifiedDomainRecord } from '../../protocol/src/index.ts';
import { created } from '../../server/src/domain/changes.ts';
import { domainSweep } from '../../server/src/features/single-sign-on/commands/domains/domain-sweep.ts';
import type { DnsServer } from './dns-server.ts';
import { nextNumber, type ProvisionedOrg } from './provision.ts';
import { changeRecords } from './security-records.ts';
import type { Api, TestResponse, TestServer } from './server.ts';

export interface OwnedOrg extends Pick<ProvisionedOrg, 'slug'> {
  /** A session of an owner with a recent login. */
  readonly cookie: string;
}

export const domainsPath = ({ slug }: { readonly slug: string }, below = '') => `/api/0/organizations/${slug}/domains/${below}`;

export function callDomains(server: Api, org: OwnedOrg, method: string, below = '', body?: unknown): Promise<TestResponse> {
  return server.request(method, domainsPath(org, below), { cookie: org.cookie, ...(body === undefined ? {} : { body }) });
}

/** A domain that is not verified yet. */
export async function aDomain(server: Api, org: OwnedOrg, domain: string, role = 'owned') {
  const { status, body } = await callDomains(server, org, 'POST', '', { domain, role });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

export function verifyDomain(server: Api, org: OwnedOrg, { id }: { readonly id: string }): Promise<TestResponse> {
  return callDomains(server, org, 'POST', `${id}/verify/`);
}

/** A verified domain, whose TXT record stays in DNS. */
export async function aVerifiedDomain(server: Api, dns: DnsServer, org: OwnedOrg, domain: string, role = 'owned') {
  const added = await aDomain(server, org, domain, role);
  dns.setTxt(added.challenge.name, added.challenge.value);
  const { status, body } = await verifyDomain(server, org, added);
  assert.deepEqual([status, body.status], [200, 'verified'], JSON.stringify(body));
  return body;
}

/** Moves the stored times of a domain's checks into the past, and makes the next check due. */
export async function ageChecks({ services: { db } }: TestServer, id: string, days: number): Promise<void> {
  const earlier = (column: string) => sql<string>`${sql.ref(column)} - make_interval(days => ${days}::integer)`;
  await db
    .updateTable('verified_domains')
    .set({ next_check: sql<string>`clock_timestamp()`, missing_since: earlier('missing_since'), date_checked: earlier('date_checked') })
    .where('id', '=', id)
    .execute();
}

/** Runs the daily check of the domain now. */
export async function checkDomain(server: TestServer, id: string, { days = 0 }: { readonly days?: number } = {}): Promise<void> {
  await ageChecks(server, id, days);
  await domainSweep(server.services.writePath, server.services.readTxtRecords).run();
}

/** Adds a domain with any status, without a TXT record. */
export async function putDomain(
  server: TestServer,
  orgId: string,
  domain: string,
  fields: Partial<Pick<VerifiedDomainRecord, 'role' | 'status'>> = {},
): Promise<void> {
  const now = new Date().toISOString();
  const record: VerifiedDomainRecord = {
    id: String(8_000_000 + nextNumber()),
    domain,
    role: 'owned',
    status: 'verified',
    dateVerified: now,
    dateCreated: now,
    ...fields,
  };
  await changeRecords(server, orgId, () => [created('verified-domain', record)]);
}
