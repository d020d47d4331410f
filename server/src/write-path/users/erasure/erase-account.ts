import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { detachedUserId } from '../../../database/records/records-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import { aliasOfUser } from '../../../domain/retention/redact.ts';
import { userAccessChanged } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { lockUser } from '../lock-credentials.ts';
import { credentialsEnded, type EndedCredentials, readSessionIds, readTokenIds, removeCredentials } from '../sessions/end-sessions.ts';

export interface EraseAccount {
  readonly userId: string;
  /** The name and the verified addresses of the user. */
  readonly names: readonly string[];
}

interface Facts extends EraseAccount {
  readonly isMember: boolean;
  readonly wasActive: boolean;
  /** The addresses from which the user's sessions were used. */
  readonly ipAddresses: readonly string[];
  readonly ended: EndedCredentials;
}

/**
 * Erases an account that has no memberships, by a command on the server's own stream. The row of
 * the user stays under an alias, because the history refers to it. Returns false, and changes
 * nothing, if the user is a member of an organization.
 */
export const eraseAccount: Command<EraseAccount, Facts, boolean> = {
  name: 'erase-account',
  endsAccess: () => true,

  async load(tx, { userId, names }) {
    // A command that adds the user as a member either commits first, or finds a disabled user.
    const user = await lockUser(tx, userId);
    if (!user) throw notFound();
    const member = await tx
      .selectFrom('members')
      .select('id')
      .where((eb) => eb.or([eb('user_id', '=', userId), eb.and([eb('user_id', 'is', null), eb(detachedUserId, '=', userId)])]))
      .executeTakeFirst();
    const sessions = await tx.selectFrom('sessions').select('ip_address').where('user_id', '=', userId).execute();
    const ipAddresses = sessions.flatMap(({ ip_address }) => ip_address ?? []);
    const ended = { sessionIds: await readSessionIds(tx, userId), tokenIds: await readTokenIds(tx, userId) };
    return { userId, names, isMember: member !== undefined, wasActive: user.isActive, ipAddresses, ended };
  },

  decide({ userId }, { isMember, wasActive, ended }) {
    if (isMember) return { changes: [], result: false };
    const access = wasActive ? [userAccessChanged(userId, false)] : [];
    return { changes: [...access, ...credentialsEnded(userId, ended)], result: true };
  },

  async persistSideEffects(tx, { result: isErased }, _context, facts) {
    if (!isErased) return;
    const { userId } = facts;
    await removeCredentials(tx, facts.ended);
    // Reads the addresses and links of the user, so it comes before their removal.
    await removeMentions(tx, facts);
    for (const table of tablesOfUser) await sql`DELETE FROM ${sql.table(table)} WHERE user_id = ${userId}`.execute(tx);
    const { name, email } = aliasOfUser(userId);
    await tx
      .updateTable('users')
      .set({ name, email, external_id: null, password_hash: null, is_active: false })
      .where('id', '=', userId)
      .execute();
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

/** The fields of mails and responses that contain the name of a person without an id. */
const nameFields = ['inviterName', 'memberName', 'requesterName', 'createdBy', 'requestedBy', 'removedBy'] as const;

/**
 * Removes queued mails to the user, stored responses, logins in progress and counts of attempts
 * that name the user, and the address of a service if it is one of the user's. Anyone can choose a
 * name that is a word of all mails, or the name of an organization. So a name is searched only in
 * fields that contain the name of a person, and no mail to others is lost by it.
 */
async function removeMentions(tx: Tx, { userId, names, ipAddresses }: Facts): Promise<void> {
  const addresses = names.filter((text) => text.includes('@')).map((text) => text.toLowerCase());
  const quoted = addresses.map((address) => JSON.stringify(address));
  const mentions = (text: string, words: readonly string[]) =>
    sql`EXISTS (SELECT FROM unnest(${words}::text[]) AS word WHERE position(word IN lower(${sql.raw(text)})) > 0)`;
  await sql`DELETE FROM mail_outbox WHERE lower(recipient) = any(${addresses}::text[]) OR ${mentions('params::text', quoted)}
    OR (template NOT IN ('invitation', 'address-verification') AND recipient = (SELECT email FROM users WHERE id = ${userId}))
    OR (template = 'address-verification'
      AND lower(recipient) IN (SELECT lower(email) FROM user_emails WHERE user_id = ${userId})
      AND NOT EXISTS (SELECT FROM email_tokens WHERE id::text = params -> 'verification' ->> 'tokenId' AND user_id <> ${userId}))`.execute(
    tx,
  );
  const own = names.filter((text) => !text.includes('@'));
  for (const name of own) await replaceNameInMails(tx, name, aliasOfUser(userId).name);
  const named = own.flatMap((name) => nameFields.map((field) => jsonbField(field, name).toLowerCase()));
  const withId = own.map((name) => jsonbField('name', name).toLowerCase());
  await sql`DELETE FROM idempotency_keys WHERE actor = ${`user:${userId}`} OR ${mentions('answer::text', [...quoted, ...named])}
    OR (${mentions('answer::text', withId)} AND ${mentions('answer::text', [jsonbField('id', userId)])})`.execute(tx);
  await sql`DELETE FROM sso_flows WHERE ${mentions('answer::text', quoted)}`.execute(tx);
  await sql`UPDATE service_tokens SET last_used_address = NULL WHERE last_used_address = any(${ipAddresses}::text[])`.execute(tx);
  await sql`DELETE FROM sent_invites WHERE actor = ${`user:${userId}`} OR lower(email) = any(${addresses}::text[])`.execute(tx);
  await sql`DELETE FROM attempt_limits WHERE ${mentions('key', [...addresses, `["${userId}"`])}`.execute(tx);
}

async function replaceNameInMails(tx: Tx, name: string, alias: string): Promise<void> {
  const replaced = nameFields.reduce(
    (text, field) => sql<string>`replace(${text}, ${jsonbField(field, name)}, ${jsonbField(field, alias)})`,
    sql<string>`params::text`,
  );
  await sql`UPDATE mail_outbox SET params = (${replaced})::jsonb WHERE ${replaced} <> params::text`.execute(tx);
}

/** A field as PostgreSQL formats it. Within a string, its quotes would be escaped. */
function jsonbField(field: string, value: string): string {
  return `${JSON.stringify(field)}: ${JSON.stringify(value)}`;
}
