/**
 * Whether this is the address that an erasure gives a person. An account with one would keep its
 * person from being erased, or would join an erased account.
 */
export function isErasedAddress(email: string): boolean {
  return /^erased-.*@users\.invalid$/i.test(email);
}
