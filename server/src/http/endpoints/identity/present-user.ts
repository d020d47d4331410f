import type { MemberUser } from '@rollcall/protocol';
import type { authenticatorShape, fullUserShape, ownAuthenticatorShape, ResponseOf, userShape } from '@rollcall/protocol/rest/shapes';
import type { AuthenticatorDetails, OwnAuthenticator, UserDetails } from '../../../read-path/queries/identity/user-details.ts';

export const letterAvatar = { avatarType: 'letter_avatar', avatarUuid: null, avatarUrl: null } as const;

/** REST contract 6.2. Fields that we do not store (logins, staff, avatars) are constant. */
export function presentUser(user: MemberUser, details: UserDetails | null): ResponseOf<typeof userShape> {
  return {
    id: user.id,
    name: user.name || (user.email ?? ''),
    username: user.username,
    email: user.email,
    avatarUrl: null,
    isActive: user.isActive,
    isManaged: false,
    hasPasswordAuth: details?.hasPassword ?? false,
    dateJoined: details?.dateJoined ?? null,
    lastLogin: null,
    has2fa: user.has2fa,
    lastActive: null,
    isSuperuser: false,
    isStaff: false,
    isSuspended: false,
    experiments: {},
    avatar: letterAvatar,
  };
}

const authenticatorNames: Readonly<Record<string, string>> = {
  totp: 'Authenticator App',
  webauthn: 'Passkey',
  recovery: 'Recovery Codes',
};

function presentAuthenticator({ id, type, dateCreated }: AuthenticatorDetails): ResponseOf<typeof authenticatorShape> {
  return {
    id,
    type,
    name: authenticatorNames[type] ?? type,
    dateCreated,
    dateUsed: null,
  };
}

/** One of the caller's own authenticators. Other users don't see the names and uses of passkeys. */
export function presentOwnAuthenticator(own: OwnAuthenticator): ResponseOf<typeof ownAuthenticatorShape> {
  const { name, ...shown } = presentAuthenticator(own);
  return { ...shown, name: own.passkeyName ?? name, dateUsed: own.dateUsed, codesLeft: own.codesLeft };
}

/** The detailed user of member details, for callers who may assign roles (REST contract 6.4). */
export function presentFullUser(
  user: MemberUser,
  details: UserDetails | null,
  authenticators: readonly AuthenticatorDetails[],
  canReset2fa: boolean,
): ResponseOf<typeof fullUserShape> {
  return {
    ...presentUser(user, details),
    authenticators: authenticators.map(presentAuthenticator),
    canReset2fa,
  };
}
