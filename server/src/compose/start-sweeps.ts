import type { DuePolls } from '../database/due-polls.ts';
import type { OpenedFeature } from '../features/feature.ts';
import { sessionIdleDaysMax } from '../identity/sessions.ts';
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
export function startSweeps(
  writePath: WritePath,
  duePolls: DuePolls,
  connections: Connections,
  features: readonly OpenedFeature[],
): Sweeps {
  const stopping = new AbortController();
  const { signal } = stopping;
  const sweeps = [
    startIdempotencySweep(writePath),
    startInviteSweep(writePath, signal),
    startRemovalSweep(writePath, signal),
    startExpiredAddressesSweep(writePath, duePolls, signal),
    startSessionsSweep(writePath, sessionIdleDaysMax, signal),
    startCredentialUseSweep(writePath.database.db, connections, writePath.log),
    ...features.flatMap((feature) => feature.startSweeps?.(signal) ?? []),
  ];
  return {
    abort: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(sweeps.map((sweep) => sweep[Symbol.asyncDispose]()));
    },
  };
}
