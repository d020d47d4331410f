/** A way in which accounts are created. */
interface AccountOrigin {
  /**
   * The party that vouches for the address: that mail to it reaches the person of the account. The
   * address then counts as verified, and an account that has it without a proof yields it. If it is
   * null, the address is unverified, and the account yields it to the person who proves it.
   */
  readonly vouchedBy: string | null;
}

/**
 * All ways in which accounts are created. An account is inserted with the name of its row only, so
 * a new way needs a row, and `test/security/account-origins.test.ts` needs its path.
 * docs/authentication.md describes each row.
 */
export const accountOrigins = {
  operator: { vouchedBy: 'the operator, who knows the person' },
  registration: { vouchedBy: 'the link of an invitation, which was mailed to the address' },
  sample: { vouchedBy: 'this server, whose sample people exist nowhere else' },
  import: { vouchedBy: 'the operator, who imports the login that the address has' },
  'sign-on-verified': { vouchedBy: 'the link of an invitation, or the organization that owns the domain' },
  'sign-on-unverified': { vouchedBy: null },
  'sign-on-placeholder': { vouchedBy: null },
} as const satisfies Readonly<Record<string, AccountOrigin>>;

export type AccountOriginName = keyof typeof accountOrigins;
