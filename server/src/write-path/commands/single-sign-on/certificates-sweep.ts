import { sql } from 'kysely';
import { systemClock } from '../../../runtime/clock.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { warnOfCertificateEnd } from './warn-of-certificate-end.ts';

/** The warnings are days apart, so an hour more is negligible. */
const intervalMs = 60 * 60 * 1_000;

/**
 * Mails owners before the certificate of their identity provider ends. All instances run it.
 * Dispose the result to stop.
 */
export function startCertificatesSweep(path: WritePath, clock = systemClock): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepCertificates(path, new Date(clock.wallTime())).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not look for certificates that end soon; the next sweep tries again');
    }),
  );
}

/** The query finds candidates. The command decides about the last certificate of each provider. */
export async function sweepCertificates(path: WritePath, now: Date): Promise<void> {
  const found = await path.database.db
    .selectFrom('auth_providers')
    .innerJoin('organizations', 'organizations.id', 'auth_providers.organization_id')
    .select('auth_providers.organization_id')
    .where('organizations.status', '=', 'active')
    .where(sql<string>`provider ->> 'status'`, '=', 'active')
    .where(
      sql<boolean>`(SELECT max((certificate ->> 'notAfter')::timestamptz) FROM jsonb_array_elements(provider -> 'certificates') certificate)
        BETWEEN ${now} AND ${now}::timestamptz + interval '30 days'`,
    )
    .execute();
  for (const { organization_id } of found) await warn(path, organization_id, now);
}

/** An organization whose lock is held does not prevent the warnings of the others. */
async function warn(path: WritePath, orgId: string, now: Date): Promise<void> {
  const input = { at: now.toISOString() };
  await runSystemCommand(path, warnOfCertificateEnd, { orgId, input, requestId: null }).catch((error: unknown) => {
    path.log.warn({ orgId, error: String(error) }, "could not warn of a certificate's end; the next sweep tries again");
  });
}
