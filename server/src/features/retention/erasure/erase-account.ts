import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { saveErasedNames } from '../../../database/identity/erased-names.ts';
import { finishErasure } from '../../../database/identity/erasures.ts';
import { readOrganizationsOfUser } from '../../../database/members/removed-members.ts';
import { eraseUserFromLastEvents } from '../../../database/security/security-events.ts';
import { notFound } from '../../../domain/authorize.ts';
import type { Command } from '../../../write-path/command.ts';
import { lockUser } from '../../../write-path/users/lock-credentials.ts';
import { aliasOfUser } from '../domain/replace-person.ts';
import { removeQueuedMails } from './remove-queued-mails.ts';

export interface EraseAccount {
  readonly userId: string;
  /** The verified addresses of the user, in lower case. */
  readonly addresses: readonly string[];
}

interface Facts extends EraseAccount {
  readonly isErasable: boolean;
}

/**
 * Erases an account whose organizations are redacted, by a command on the server's own stream. The
 * row of the user stays under an alias, because the history refers to it. Returns false, and
 * changes nothing, if an organization has stored something about the user since.
 */
export const eraseAccount: Command<EraseAccount, Facts, boolean> = {
  name: 'erase-account',

  async load(tx, { userId, addresses }) {
    const user = await lockUser(tx, userId);
    if (!user) throw notFound();
    const organizations = await readOrganizationsOfUser(tx, userId, addresses);
    return { userId, addresses, isErasable: user.isErased && !organizations.some(({ hasMember }) => hasMember) };
  },

  decide: (_input, { isErasable }) => ({ changes: [], result: isErasable }),

  async persistSideEffects(tx, { result: isErasable }, { deriveToken }, facts) {
    if (!isErasable) return;
    const { userId } = facts;
    await saveErasedNames(tx, userId, deriveToken);
    // Both read the addresses and links of the user, so they come before their removal.
    await removeQueuedMails(tx, facts);
    await removeMentions(tx, facts);
    for (const table of tablesOfUser) await sql`DELETE FROM ${sql.table(table)} WHERE user_id = ${userId}`.execute(tx);
    const { name, email } = aliasOfUser(userId);
    await tx
      .updateTable('users')
      .set({ name, email, external_id: null, password_hash: null, is_active: false })
      .where('id', '=', userId)
      .execute();
    await eraseUserFromLastEvents(tx, userId);
    await finishErasure(tx, userId);
  },
};

const tablesOfUser = [
  'user_emails',
  'email_tokens',
  'authenticators',
  'sso_identities',
  'sso_removed_users',
  'sso_flows',
  'integration_flows',
  'project_bookmarks',
  'pending_refreshes',
] as const;

/**
 * Removes stored responses about the user, logins in progress with their addresses, and their
 * counted invitations. A response is about the user if an object in it has the user's id, which no
 * other record has, or is a member whom the user invited, or if a whole text is an address.
 */
async function removeMentions(tx: Tx, { userId, addresses }: EraseAccount): Promise<void> {
  const quoted = addresses.map((address) => JSON.stringify(address));
  const hasAddress = sql`EXISTS (SELECT FROM unnest(${quoted}::text[]) AS quoted WHERE position(quoted IN lower(answer::text)) > 0)`;
  const invited = await tx.selectFrom('members').select('id').where('inviter_id', '=', userId).execute();
  const ids = [userId, ...invited.map(({ id }) => id)];
  await sql`DELETE FROM idempotency_keys WHERE actor = ${`user:${userId}`} OR ${hasAddress}
    OR jsonb_path_exists(answer, '$.**.id ? (@ == $ids[*])', jsonb_build_object('ids', ${JSON.stringify(ids)}::jsonb))`.execute(tx);
  await sql`DELETE FROM sso_flows WHERE ${hasAddress}`.execute(tx);
  await sql`DELETE FROM sent_invites WHERE actor = ${`user:${userId}`} OR lower(email) = any(${addresses}::text[])`.execute(tx);
}
