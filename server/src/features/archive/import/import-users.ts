import type { MemberUser } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { placeholderDomain } from '../../../database/identity/placeholder-address.ts';
import { readJoiningUsers } from '../../../database/identity/users-read.ts';
import type { ImportOperation } from './parse-import-lines.ts';

/**
 * The users that an import refers to, by login in lower case. Unknown users that the import adds
 * are created.
 */
export async function loadImportUsers(tx: Tx, operations: readonly ImportOperation[]): Promise<ReadonlyMap<string, MemberUser>> {
  const loginsOf = (some: readonly ImportOperation[]) => new Set(some.flatMap((one) => ('login' in one ? [one.login.toLowerCase()] : [])));
  await createMissingUsers(tx, loginsOf(operations.filter(({ op }) => op === 'member.add')));
  const ids = await readUserIds(tx, loginsOf(operations));
  const users = await readJoiningUsers(tx, ids);
  return new Map(users.map((user) => [user.email!.toLowerCase().slice(0, -placeholderDomain.length), user]));
}

function emailsOf(logins: ReadonlySet<string>): string[] {
  return [...logins].map((login) => `${login}${placeholderDomain}`);
}

async function createMissingUsers(tx: Tx, logins: ReadonlySet<string>): Promise<void> {
  if (logins.size === 0) return;
  // Users are created in a fixed order, so that two concurrent imports of the same users cannot
  // deadlock.
  const rows = emailsOf(logins)
    .sort()
    .map((email) => ({ email, name: email.slice(0, -placeholderDomain.length) }));
  const made = await tx
    .insertInto('users')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id as user_id', 'email'])
    .execute();
  if (made.length > 0)
    await tx
      .insertInto('user_emails')
      .values(made.map((row) => ({ ...row, is_verified: true })))
      .execute();
}

async function readUserIds(tx: Tx, logins: ReadonlySet<string>): Promise<string[]> {
  if (logins.size === 0) return [];
  const rows = await tx.selectFrom('users').select('id').where(sql<string>`lower(email)`, 'in', emailsOf(logins)).execute();
  return rows.map(({ id }) => id);
}
