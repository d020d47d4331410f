import { randomHex } from '../../runtime/secrets/random.ts';
import { isErasedAddress } from '../../runtime/text/erased-address.ts';

/** `.invalid` is reserved, so no mail can be delivered there (RFC 2606). */
export const placeholderDomain = '@users.invalid';

const prefix = 'no-address-';

/** 64 random bits, so that two placeholders, or one and the login of an import, are never equal. */
const randomBytes = 8;

/**
 * The address of an account whose own address is unknown, because no one has proved it. It is
 * random, so that a person can't get an account by the placeholder of another one.
 */
export function newPlaceholder(): string {
  return `${prefix}${randomHex(randomBytes)}${placeholderDomain}`;
}

/**
 * Whether a user of an import may not have this login, because an account without an address, or an
 * erased one, may have the placeholder.
 */
export function isReservedLogin(login: string): boolean {
  return login.toLowerCase().startsWith(prefix) || isErasedAddress(`${login}${placeholderDomain}`);
}

export function isPlaceholder(email: string): boolean {
  return email.toLowerCase().endsWith(placeholderDomain);
}
