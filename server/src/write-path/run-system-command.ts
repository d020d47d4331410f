import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import type { Command } from './command.ts';
import { type CommittedRevision, runCommand, type WritePath } from './run-command.ts';

/**
 * The commands that a sweep runs at a time, fewer than half of the connections for commands. Many
 * organizations may become due at the same moment, and requests then still get a connection.
 */
export const sweptOrganizationsMax = 4;

export interface SystemCall<Input, Result> {
  readonly orgId: string;
  readonly input: Input;
  /** Null for a call without a request. */
  readonly requestId: string | null;
  /** The operator who requested the work. Null or absent if none did. */
  readonly operatorName?: string | null;
  /**
   * Runs last in the command's transaction, for example to save the progress of a job. If it
   * rejects, nothing is committed. It is not called if the organization doesn't exist.
   */
  finish?(tx: Tx, result: Result): Promise<void>;
}

/**
 * Runs a command for the server itself. Returns the revision that it made, or null if the command
 * finds nothing to change, for example because another instance has removed the organization.
 * @throws OrgError as `runCommand`, but not `not-found`
 */
export async function runSystemCommand<Input, Facts, Result>(
  path: WritePath,
  command: Command<Input, Facts, Result>,
  { finish, operatorName, ...call }: SystemCall<NoInfer<Input>, NoInfer<Result>>,
): Promise<CommittedRevision | null> {
  const respond = async (tx: Tx, result: Result) => {
    await finish?.(tx, result);
    return { status: 204 };
  };
  const actor = { kind: 'system', ...(operatorName && { operatorName }) } as const;
  try {
    const { committed } = await runCommand(path, command, { ...call, actor, respond });
    return committed;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'not-found') return null;
    throw error;
  }
}
