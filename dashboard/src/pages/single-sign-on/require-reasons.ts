import { type AuthProviderDetails, apiLimits, type MemberRecord } from '@rollcall/client';

/** Why the step is not open yet. Null once the provider is active. */
export function whyNotOpen(details: Pick<AuthProviderDetails, 'status' | 'lastTestedAt'> | null): string | null {
  if (!details) return 'Save the provider’s values first, test them and activate the provider.';
  if (details.status === 'active') return null;
  return details.lastTestedAt === null ? 'Test the provider and activate it first.' : 'Activate the provider first.';
}

export interface RequireFacts {
  readonly providerName: string;
  /** Whether the user's own account is linked. */
  readonly isLinked: boolean;
  /** The user's last login at the provider. Null until it is known. */
  readonly lastLogin: string | null;
  readonly owners: readonly Pick<MemberRecord, 'name' | 'isRecoveryOwner' | 'user'>[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Why single sign-on can't be required yet. Empty if the console knows no reason. The server also
 * requires that the current session has logged in at the provider.
 */
export function whyNotRequire({ providerName, isLinked, lastLogin, owners, now }: RequireFacts): readonly string[] {
  const recovery = owners.filter(({ isRecoveryOwner }) => isRecoveryOwner);
  const isLoginOld = lastLogin !== null && now - Date.parse(lastLogin) > apiLimits.requiringLoginHoursMax * 3_600_000;
  return [
    ...(isLinked ? [] : ['Link your own account first.']),
    ...(isLinked && isLoginOld
      ? [`Log in with ${providerName} again. Your last login is more than ${apiLimits.requiringLoginHoursMax} hours ago.`]
      : []),
    ...(recovery.length > 0 ? [] : ['Choose a recovery owner first.']),
    ...recovery
      .filter(({ user }) => user?.has2fa !== true)
      .map(({ name }) => `Choose a recovery owner other than ${name}, who has no 2FA.`),
  ];
}
