import { claimDueDomains, type DueDomain } from '../../../../database/security/verified-domains.ts';
import { challengeFor } from '../../../../domain/organizations/verified-domains.ts';
import type { ReadTxtRecords } from '../../../../outbound/txt-records.ts';
import { startSweep } from '../../../../runtime/start-sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../../write-path/run-system-command.ts';
import { applyDomainCheck } from './apply-domain-check.ts';

/** A check is due once a day, so a minute more is negligible. The query uses an index. */
const intervalMs = 60 * 1_000;
/** Look-ups in progress. Each takes up to 5 s if its DNS server does not respond. */
const batchSize = 20;

/**
 * Checks verified domains once a day. All instances run it. Dispose the result to stop.
 * @param signal stops it before the next batch
 */
export function startDomainSweep(path: WritePath, readTxtRecords: ReadTxtRecords, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepDomains(path, readTxtRecords, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not read which domains are due for a check; the next sweep tries again');
    }),
  );
}

export async function sweepDomains(path: WritePath, readTxtRecords: ReadTxtRecords, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const due = await claimDueDomains(path.database.db, batchSize);
  await Promise.all(due.map((domain) => checkDomain(path, readTxtRecords, domain)));
}

/** An organization whose lock is held does not delay the others. */
async function checkDomain(path: WritePath, readTxtRecords: ReadTxtRecords, { id, orgId, domain }: DueDomain): Promise<void> {
  try {
    const txtRecords = await readTxtRecords(challengeFor(domain, '').name);
    if (txtRecords === null) path.log.warn({ orgId, domain }, 'DNS did not respond for a verified domain; it is checked again tomorrow');
    await runSystemCommand(path, applyDomainCheck, { orgId, input: { domainId: id, txtRecords, credential: null }, requestId: null });
  } catch (error) {
    path.log.warn({ orgId, domain, error: String(error) }, 'could not save the check of a verified domain; it is checked again tomorrow');
  }
}
