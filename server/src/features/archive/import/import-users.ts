import type { MemberUser } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { placeholderDomain } from '../../../database/identity/placeholder-address.ts';
import { readJoiningUsers } from '../../../database/identity/users-read.ts';
import { insertImportedUsers } from '../../../write-path/users/insert-user.ts';
import type { ImportOperation } from './parse-import-lines.ts';

/**
 * The users that an import refers to, by login in lower case. Unknown users that the import adds
 * are created.
 */
export async function loadImportUsers(tx: Tx, operations: readonly ImportOperation[]): Promise<ReadonlyMap<string, MemberUser>> {
  const loginsOf = (some: readonly ImportOperation[]) => new Set(some.flatMap((one) => ('login' in one ? [one.login.toLowerCase()] : [])));
  await insertImportedUsers(tx, loginsOf(operations.filter(({ op }) => op === 'member.add')));
  const ids = await readUserIds(tx, loginsOf(operations));
  const users = await readJoiningUsers(tx, ids);
  return new Map(users.map((user) => [user.email!.toLowerCase().slice(0, -placeholderDomain.length), user]));
}

function emailsOf(logins: ReadonlySet<string>): string[] {
  return [...logins].map((login) => `${login}${placeholderDomain}`);
}

async function readUserIds(tx: Tx, logins: ReadonlySet<string>): Promise<string[]> {
  if (logins.size === 0) return [];
  const rows = await tx.selectFrom('users').select('id').where(sql<string>`lower(email)`, 'in', emailsOf(logins)).execute();
  return rows.map(({ id }) => id);
}
