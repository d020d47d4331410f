import { sql } from 'kysely';
import { systemClock } from '../../../../runtime/clock.ts';
import { startSweep } from '../../../../runtime/start-sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../../write-path/run-system-command.ts';
import { warningDays } from '../../domain/certificate-warning.ts';
import { warnOfCertificateEnd } from './warn-of-certificate-end.ts';

/** The warnings are days apart, so an hour more is negligible. */
const intervalMs = 60 * 60 * 1_000;

/**
 * Mails owners before the certificate of their identity provider ends. All instances run it.
 * Dispose the result to stop.
 * @param signal stops it between two organizations
 */
export function startCertificatesSweep(path: WritePath, signal: AbortSignal, clock = systemClock): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepCertificates(path, new Date(clock.wallTime()), signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not check for certificates that expire soon; the next sweep tries again');
    }),
  );
}

/**
 * One query finds the active providers with a warning that was not sent. The command decides again
 * under the lock.
 */
export async function sweepCertificates(path: WritePath, now: Date, signal?: AbortSignal): Promise<void> {
  const found = await sql<{ organization_id: string }>`
    SELECT auth_providers.organization_id
      FROM auth_providers
      JOIN organizations ON organizations.id = auth_providers.organization_id AND organizations.status = 'active'
     CROSS JOIN LATERAL (
        SELECT certificate ->> 'fingerprint' AS fingerprint, (certificate ->> 'notAfter')::timestamptz AS ends_at
          FROM jsonb_array_elements(provider -> 'certificates') certificate
         ORDER BY ends_at DESC LIMIT 1
      ) last
     CROSS JOIN LATERAL (
        SELECT min(step) AS days FROM unnest(${warningDays}::int[]) step WHERE ends_at <= ${now}::timestamptz + step * interval '1 day'
      ) due
     WHERE provider ->> 'status' = 'active' AND ends_at > ${now} AND due.days IS NOT NULL
       AND NOT EXISTS (
        SELECT FROM certificate_warnings sent
         WHERE sent.organization_id = auth_providers.organization_id AND sent.provider_id = auth_providers.id
           AND sent.fingerprint = last.fingerprint AND sent.days = due.days
      )`.execute(path.database.db);
  for (const { organization_id } of found.rows) {
    if (signal?.aborted) return;
    await warn(path, organization_id, now);
  }
}

/** An organization whose lock is held does not prevent the warnings of the others. */
async function warn(path: WritePath, orgId: string, now: Date): Promise<void> {
  const input = { at: now.toISOString() };
  await runSystemCommand(path, warnOfCertificateEnd, { orgId, input, requestId: null }).catch((error: unknown) => {
    path.log.warn({ orgId, error: String(error) }, 'could not mail the warning that a certificate expires; the next sweep tries again');
  });
}
