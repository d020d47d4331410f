import { OrgError } from '@rollcall/protocol';
import type { Command } from './command.ts';
import { type CommittedRevision, runCommand, type WritePath } from './run-command.ts';

/**
 * The commands that a sweep runs at a time, fewer than half of the connections for commands. Many
 * organizations may become due at the same moment, and requests then still get a connection.
 */
export const sweptOrganizationsMax = 4;

export interface SystemCall<Input> {
  readonly orgId: string;
  readonly input: Input;
  /** Null for a call without a request. */
  readonly requestId: string | null;
}

/**
 * Runs a command for the server itself. Returns the revision that it made, or null if the command
 * finds nothing to change, for example because another instance has removed the organization.
 * @throws OrgError as `runCommand`, but not `not-found`
 */
export async function runSystemCommand<Input>(
  path: WritePath,
  command: Command<Input, unknown, unknown>,
  call: SystemCall<NoInfer<Input>>,
): Promise<CommittedRevision | null> {
  try {
    const { committed } = await runCommand(path, command, { ...call, actor: { kind: 'system' }, respond: async () => ({ status: 204 }) });
    return committed;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'not-found') return null;
    throw error;
  }
}
