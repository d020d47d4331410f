import { randomHex } from '../../runtime/secrets/random.ts';

/** `.invalid` is reserved, so no mail can be delivered there (RFC 2606). */
export const placeholderDomain = '@users.invalid';

/** 64 random bits, so that two placeholders, or one and the login of an import, are never equal. */
const randomBytes = 8;

/**
 * The address of an account whose own address is unknown, because no one has proved it. It is
 * random, so that a person can't get an account by the placeholder of another one.
 */
export function newPlaceholder(): string {
  return `no-address-${randomHex(randomBytes)}${placeholderDomain}`;
}

export function isPlaceholder(email: string): boolean {
  return email.toLowerCase().endsWith(placeholderDomain);
}
