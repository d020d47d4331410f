import { isSameJson, noPermissions, type PermissionTable } from '@rollcall/protocol';
import { serverStreamId } from '../domain/server-stream.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { replacePermissions } from '../write-path/replace-permissions.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { runSystemCommand } from '../write-path/run-system-command.ts';

/**
 * Applies the table of PERMISSIONS_FILE on all instances, if its version is higher than that of the
 * table in force. In any case, this instance then decides by the table in force.
 * @param file null without PERMISSIONS_FILE
 * @returns a probe: why the file of this instance must be corrected, or null. An instance whose
 * file was in force once stays ready when a later one replaces it, until its own restart.
 */
export async function applyPermissionsFile(
  file: PermissionTable | null,
  writePath: WritePath,
  stream: Pick<ServerStream, 'permissions' | 'verify'>,
): Promise<() => string | null> {
  const { permissions } = stream;
  if (file && file.version > permissions.table.version) {
    await runSystemCommand(writePath, replacePermissions, { orgId: serverStreamId, input: file, requestId: null });
    await stream.verify();
  }
  let wasInForce = false;
  const findProblem = () => {
    const problem = findOtherPermissions(file, permissions.table);
    wasInForce ||= problem === null;
    return wasInForce ? null : problem;
  };
  const problem = findProblem();
  if (problem !== null) writePath.log.warn(`This instance is not ready: ${problem}`);
  return findProblem;
}

/**
 * Why an instance with this file is not ready while the table is in force. Null if they are equal.
 */
export function findOtherPermissions(file: PermissionTable | null, { version, scopes }: PermissionTable): string | null {
  if (isSameJson((file ?? noPermissions).scopes, scopes)) return null;
  if (!file) return `PERMISSIONS_FILE is not set, but version ${version} of the permissions is in force. Set it as on the other instances`;
  return file.version < version
    ? `PERMISSIONS_FILE has version ${file.version}, but version ${version} is in force. Use that file, or raise the version of this one`
    : `PERMISSIONS_FILE differs from the permissions in force, which have the same version ${version}. Use that file, or raise the version of this one`;
}
