import { claimDueDomains, type DueDomain } from '../../../../database/security/verified-domains.ts';
import { challengeFor } from '../../../../domain/organizations/verified-domains.ts';
import type { ReadTxtRecords } from '../../../../outbound/txt-records.ts';
import { type Sweep, sweep } from '../../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../../write-path/run-system-command.ts';
import { applyDomainCheck } from './apply-domain-check.ts';

/** Look-ups in progress. Each takes up to 5 s if its DNS server does not respond. */
const batchSize = 20;

/** Checks verified domains once a day. */
export function domainSweep(path: WritePath, readTxtRecords: ReadTxtRecords): Sweep {
  return sweep(path.log, {
    name: 'verified domains that are due for a check',
    // A check is due once a day, so a minute more is negligible. The query uses an index.
    every: 60 * 1_000,
    find: () => claimDueDomains(path.database.db, batchSize),
    command: (domain) => checkDomain(path, readTxtRecords, domain),
    concurrentMax: batchSize,
  });
}

async function checkDomain(path: WritePath, readTxtRecords: ReadTxtRecords, { id, orgId, domain }: DueDomain): Promise<void> {
  try {
    const txtRecords = await readTxtRecords(challengeFor(domain, '').name);
    if (txtRecords === null) path.log.warn({ orgId, domain }, 'DNS did not respond for a verified domain; it is checked again tomorrow');
    await runSystemCommand(path, applyDomainCheck, { orgId, input: { domainId: id, txtRecords, credential: null }, requestId: null });
  } catch (error) {
    path.log.warn({ orgId, domain, error: String(error) }, 'could not save the check of a verified domain; it is checked again tomorrow');
  }
}
