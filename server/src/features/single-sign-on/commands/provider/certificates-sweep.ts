import { sql } from 'kysely';
import { systemClock } from '../../../../runtime/clock.ts';
import { type Sweep, sweep } from '../../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../../write-path/run-system-command.ts';
import { warningDays } from '../../domain/certificate-warning.ts';
import { warnOfCertificateEnd } from './warn-of-certificate-end.ts';

/** Mails owners before the certificate of their identity provider ends. */
export function certificatesSweep(path: WritePath, now: () => Date = () => new Date(systemClock.wallTime())): Sweep {
  return sweep(path.log, {
    name: 'certificates that expire soon',
    // The warnings are days apart, so an hour more is negligible.
    every: 60 * 60 * 1_000,
    async find() {
      const at = now();
      return (await findDue(path, at)).map(({ organization_id: orgId }) => ({ orgId, at: at.toISOString() }));
    },
    command: ({ orgId, at }) => runSystemCommand(path, warnOfCertificateEnd, { orgId, input: { at }, requestId: null }),
  });
}

/** One query finds the active providers with a warning that was not sent. */
async function findDue(path: WritePath, now: Date): Promise<readonly { readonly organization_id: string }[]> {
  const { rows } = await sql<{ organization_id: string }>`
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
  return rows;
}
