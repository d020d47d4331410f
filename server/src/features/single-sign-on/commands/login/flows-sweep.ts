import { type Sweep, sweep } from '../../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { deleteOldFlows } from '../../database/sso-flows.ts';

/** Deletes logins that were not finished, and used assertions that have expired. */
export function flowsSweep({ database, log }: Pick<WritePath, 'database' | 'log'>): Sweep {
  return sweep(log, { name: 'old logins by single sign-on', every: 60 * 1_000, clean: () => deleteOldFlows(database.db) });
}
