import type { RawBuilder } from 'kysely';
import type { DuePolls } from '../database/due-polls.ts';
import type { OpenedFeature } from '../features/feature.ts';
import { finishedJobsSweep } from '../jobs/job-claims.ts';
import { oldMailsSweep } from '../mail/outbox.ts';
import { startSweep } from '../runtime/tasks/start-sweep.ts';
import type { Sweep } from '../runtime/tasks/sweep.ts';
import type { Connections } from '../socket/connections.ts';
import { credentialUseSweep } from '../socket/credential-use-sweep.ts';
import { inviteSweep } from '../write-path/commands/invites/invite-sweep.ts';
import { expiredAddressesSweep } from '../write-path/commands/organizations/expired-addresses-sweep.ts';
import { removalSweep } from '../write-path/commands/organizations/removal-sweep.ts';
import { idempotencySweep } from '../write-path/idempotency-sweep.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { sessionsSweep } from '../write-path/users/sessions/sessions-sweep.ts';

export interface Sweeps extends AsyncDisposable {
  /** Lets the sweeps in progress end after their current command. Later ones do nothing. */
  abort(): void;
}

/**
 * Starts the sweeps, each with its own interval, or when a poll finds work. All instances run them.
 * Disposing the result aborts them, and waits for the work in progress.
 */
export function startSweeps(path: WritePath, duePolls: DuePolls, connections: Connections, features: readonly OpenedFeature[]): Sweeps {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { database, log } = path;
  const sweeps: readonly Sweep<number | RawBuilder<boolean>>[] = [
    idempotencySweep(path),
    inviteSweep(path),
    removalSweep(path),
    expiredAddressesSweep(path),
    sessionsSweep(path, path.limits.sessionIdleDays),
    credentialUseSweep(database.db, connections, path.limits.sessionIdleDays, log),
    finishedJobsSweep(database.db, log),
    oldMailsSweep(database.db, log),
    ...features.flatMap(({ sweeps = [] }) => sweeps),
  ];
  const started = sweeps.map(({ name, every, run }) => {
    const attempt = () =>
      run(signal).catch((error: unknown) => {
        log.warn({ sweep: name, error: String(error) }, 'a sweep failed; the next one tries again');
      });
    if (typeof every === 'number') return startSweep(every, attempt);
    return duePolls.add({ isDue: every, poll: async (isDue) => (isDue ? attempt() : undefined) });
  });
  return {
    abort: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(started.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
