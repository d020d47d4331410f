import { sql } from 'kysely';
import { domainOfAddress } from '../../runtime/text/domain-name.ts';
import type { Db } from '../database.ts';
import { isDomainOfAll } from './unproven-addresses.ts';
import { isTrustedAddress } from './user-emails.ts';

/** An address to which a link for a new password may be sent. */
export interface PasswordAddress {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
}

/** The address of the user who gets password links there. Null if there is none. */
export async function findPasswordAddress(db: Db, email: string): Promise<PasswordAddress | null> {
  return (await findTrusted(db, email)) ?? (await findInVerifiedDomain(db, email));
}

async function findTrusted(db: Db, email: string): Promise<PasswordAddress | null> {
  return (await selectAddress(db, email).where(isTrustedAddress).executeTakeFirst()) ?? null;
}

/**
 * The unverified primary address of a member without a password, whom a login by single sign-on may
 * have created. The provider's assertion proves nothing here, but the person who receives the link
 * reads the mailbox. Each organization of the user must have verified the domain, so the link leads
 * into no organization that did not. An address that another user has verified belongs to them.
 */
async function findInVerifiedDomain(db: Db, email: string): Promise<PasswordAddress | null> {
  const domain = domainOfAddress(email);
  if (domain === null) return null;
  const found = await selectAddress(db, email)
    .where('user_emails.is_verified', '=', false)
    .where('user_emails.email', '=', (eb) => eb.ref('users.email'))
    .where('users.password_hash', 'is', null)
    .where(isDomainOfAll(domain))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('user_emails as other')
            .select('other.id')
            .where(sql<string>`lower(other.email)`, '=', email.toLowerCase())
            .where('other.is_verified', '=', true),
        ),
      ),
    )
    .executeTakeFirst();
  return found ?? null;
}

function selectAddress(db: Db, email: string) {
  return db
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['user_emails.id', 'user_emails.user_id as userId', 'user_emails.email'])
    .where(sql<string>`lower(user_emails.email)`, '=', email.toLowerCase())
    .where('users.is_active', '=', true);
}
