import * as z from 'zod';
import { findNameFault } from '../../../runtime/text/name-text.ts';
import type { AssertedIdentity } from '../domain/asserted-identity.ts';

const emailSchema = z.email();
/** The maximum length of an address, the same as for addresses that users enter. */
const emailLengthMax = 75;
const nameLengthMax = 200;

/**
 * Removes what could not be the address or the name of an account here. An address would become
 * part of mails, and a name part of pages and lists.
 */
export function normalizeIdentity(identity: AssertedIdentity): AssertedIdentity {
  const email = identity.email !== null && isAddress(identity.email) ? identity.email : null;
  return { ...identity, email, emailVerified: email !== null && identity.emailVerified, name: nameFrom(identity.name) };
}

function isAddress(text: string): boolean {
  return text.length <= emailLengthMax && emailSchema.safeParse(text).success;
}

function nameFrom(text: string | null): string | null {
  const name = [...(text ?? '').replace(/\p{Cc}+/gu, ' ').trim()].slice(0, nameLengthMax).join('');
  return name === '' || findNameFault(name) !== null ? null : name;
}
