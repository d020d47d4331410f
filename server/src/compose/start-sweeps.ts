import type { DuePolls } from '../database/due-polls.ts';
import { startNoticesSweep } from '../features/integrations/directories/accept-notice.ts';
import { startScimTokensSweep } from '../features/scim/commands/scim-tokens-sweep.ts';
import { startDomainSweep } from '../features/single-sign-on/commands/domains/domain-sweep.ts';
import { startFlowsSweep } from '../features/single-sign-on/commands/login/flows-sweep.ts';
import { startCertificatesSweep } from '../features/single-sign-on/commands/provider/certificates-sweep.ts';
import { sessionIdleDaysMax } from '../identity/sessions.ts';
import type { ReadTxtRecords } from '../outbound/txt-records.ts';
import type { Connections } from '../socket/connections.ts';
import { startCredentialUseSweep } from '../socket/credential-use-sweep.ts';
import { startInviteSweep } from '../write-path/commands/invites/invite-sweep.ts';
import { startExpiredAddressesSweep } from '../write-path/commands/organizations/expired-addresses-sweep.ts';
import { startRemovalSweep } from '../write-path/commands/organizations/removal-sweep.ts';
import { startIdempotencySweep } from '../write-path/idempotency-sweep.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { startSessionsSweep } from '../write-path/users/sessions/sessions-sweep.ts';

export interface Sweeps extends AsyncDisposable {
  /** Lets the sweeps in progress end after their current command. Later ones do nothing. */
  abort(): void;
}

/**
 * Starts the periodic clean-ups, each with its own interval. Disposing the result aborts them, and
 * waits for the work in progress.
 */
export function startSweeps(writePath: WritePath, duePolls: DuePolls, connections: Connections, readTxtRecords: ReadTxtRecords): Sweeps {
  const stopping = new AbortController();
  const { signal } = stopping;
  const sweeps = [
    startIdempotencySweep(writePath),
    startInviteSweep(writePath, signal),
    startRemovalSweep(writePath, signal),
    startExpiredAddressesSweep(writePath, duePolls, signal),
    startScimTokensSweep(writePath, signal),
    startDomainSweep(writePath, readTxtRecords, signal),
    startCertificatesSweep(writePath, signal),
    startSessionsSweep(writePath, sessionIdleDaysMax, signal),
    startFlowsSweep(writePath),
    startNoticesSweep({ db: writePath.database.db, log: writePath.log }),
    startCredentialUseSweep(writePath.database.db, connections, writePath.log),
  ];
  return {
    abort: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(sweeps.map((sweep) => sweep[Symbol.asyncDispose]()));
    },
  };
}
