interface BlockedTexts {
  readonly badge: string;
  readonly explanation: string;
}

const byReason: Readonly<Record<string, BlockedTexts>> = {
  'two-factor-required': { badge: 'Blocked: no 2FA', explanation: 'This organization requires 2FA' },
  'sudo-required': { badge: 'Login too old', explanation: 'This organization requires a newer login' },
  'sso-required': { badge: 'Blocked: no SSO', explanation: 'This organization requires single sign-on' },
};

/** The texts of an organization in the user's list to which they have no access at the moment. */
export function blockedTexts(reason: string): BlockedTexts {
  return byReason[reason] ?? { badge: 'Blocked', explanation: 'You can’t open this organization now' };
}
