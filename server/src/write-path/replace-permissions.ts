import type { PermissionTable } from '@rollcall/protocol';
import { readPermissionTable, savePermissionTable } from '../database/permission-table.ts';
import { permissionsReplaced } from '../domain/server-stream.ts';
import type { Command } from './command.ts';

/**
 * Puts a permission table in force on all instances, by a command on the server's own stream. A
 * table whose version isn't higher than that of the current one changes nothing.
 */
export const replacePermissions: Command<PermissionTable, PermissionTable, PermissionTable> = {
  name: 'replace-permissions',

  load: (tx) => readPermissionTable(tx),

  decide(table, current) {
    const isNewer = table.version > current.version;
    return { changes: isNewer ? [permissionsReplaced(current, table)] : [], result: isNewer ? table : current };
  },

  persistSideEffects: (tx, { result }, _context, current) => (result === current ? Promise.resolve() : savePermissionTable(tx, result)),
};
