import type { Json } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { type Alias, aliasOfUser } from '../domain/replace-person.ts';

/** The parameters of mails that contain the name of the user whom `namedUserId` identifies. */
const nameParameters: readonly string[] = ['inviterName', 'memberName', 'requesterName', 'createdBy', 'requestedBy', 'removedBy'];

interface Recipient {
  readonly userId: string;
  /** The verified addresses of the user, in lower case. */
  readonly addresses: readonly string[];
}

/**
 * Removes queued mails to the user. Mails to others stay, and get the alias where they name the
 * user by id, or contain a verified address as a parameter of its own.
 */
export async function removeQueuedMails(tx: Tx, { userId, addresses }: Recipient): Promise<void> {
  await sql`DELETE FROM mail_outbox WHERE lower(recipient) = any(${addresses}::text[])
    OR (template NOT IN ('invitation', 'address-verification') AND recipient = (SELECT email FROM users WHERE id = ${userId}))
    OR (template = 'address-verification'
      AND lower(recipient) IN (SELECT lower(email) FROM user_emails WHERE user_id = ${userId})
      AND NOT EXISTS (SELECT FROM email_tokens WHERE id::text = params -> 'verification' ->> 'tokenId' AND user_id <> ${userId}))`.execute(
    tx,
  );
  const quoted = addresses.map((address) => JSON.stringify(address));
  const { rows } = await sql<{ id: string; params: Json }>`
    SELECT id, params FROM mail_outbox
    WHERE jsonb_path_exists(params, '$.**.namedUserId ? (@ == $id)', jsonb_build_object('id', ${userId}::text))
      OR EXISTS (SELECT FROM unnest(${quoted}::text[]) AS quoted WHERE position(quoted IN lower(params::text)) > 0)
    ORDER BY id FOR UPDATE`.execute(tx);
  for (const { id, params } of rows) {
    const redacted = JSON.stringify(redactParams(params, userId, new Set(addresses), aliasOfUser(userId)));
    await tx.updateTable('mail_outbox').set({ params: redacted }).where('id', '=', id).execute();
  }
}

/** A digest has the parameters of several mails. */
function redactParams(params: Json, userId: string, addresses: ReadonlySet<string>, alias: Alias): Json {
  if (Array.isArray(params)) return params.map((item) => redactParams(item, userId, addresses, alias));
  if (params === null || typeof params !== 'object') return params;
  const isNamed = 'namedUserId' in params && params.namedUserId === userId;
  return Object.fromEntries(
    Object.entries(params).map(([field, value]) => {
      if (typeof value !== 'string') return [field, redactParams(value, userId, addresses, alias)];
      if (isNamed && nameParameters.includes(field)) return [field, alias.name];
      return [field, field === 'email' && addresses.has(value.toLowerCase()) ? alias.email : value];
    }),
  );
}
