import type {
  AccountEmail,
  Authenticator,
  CreatedUserToken,
  Ending,
  Erasure,
  InviteLink,
  InviteShown,
  LogIn,
  MailedToken,
  NewOrganization,
  NewPasskey,
  NewUserToken,
  OrganizationSearch,
  PasskeyRequest,
  PasskeyResponse,
  PasskeySetup,
  RecoveryCodes,
  Registration,
  RestIdentity,
  RestListedOrganization,
  RestOrganization,
  RestSelf,
  SessionShown,
  TotpSetup,
  UserToken,
} from '@rollcall/protocol/rest';
import { command, list, read, sendOnce } from './calls.ts';

/** A browser's session, by its cookie. */
export const sessionCalls = {
  /** The current user. `user` is null without a login, and for an organization token. */
  current: () => read<RestIdentity>(),
  /** Opens a session. After `two-factor-required`, repeat it with an `otp`. */
  logIn: (login: LogIn) => sendOnce<RestSelf>('POST', ['auth', 'login'], login),
  /**
   * The options for `navigator.credentials.get`, for a login, the second step of one, or
   * `renewWithPasskey`.
   */
  beginPasskey: () => sendOnce<PasskeyRequest>('POST', ['auth', 'passkey']),
  /** Opens a session with a passkey, which counts as one with a second factor. */
  logInWithPasskey: (passkey: PasskeyResponse) => sendOnce<RestSelf>('POST', ['auth', 'passkey', 'login'], { passkey }),
  /** Creates an account for the address of an invite, and opens a session. */
  register: (registration: Registration) => sendOnce<RestSelf>('POST', ['auth', 'register'], registration),
  /**
   * Confirms the password again, after a call was refused as `sudo-required`. With a code of the
   * user's second factor, the session also counts as one with a second factor.
   */
  renew: (password: string, otp?: string) => sendOnce<RestSelf>('PUT', ['auth'], { password, ...(otp !== undefined && { otp }) }),
  /** As `renew`, with a passkey of the user instead of the password and the code. */
  renewWithPasskey: (passkey: PasskeyResponse) => sendOnce<RestSelf>('PUT', ['auth'], { passkey }),
  /** Ends this session and the connections that it opened, including this client. */
  logOut: () => sendOnce<null>('POST', ['auth', 'logout']),
  logOutEverywhere: (how?: Ending) => sendOnce<null>('POST', ['auth', 'logout-all'], how ?? {}),
  /** The caller's sessions, the latest used first. */
  list: () => read<readonly SessionShown[]>('auth', 'sessions'),
  end: (sessionId: string, how?: Ending) => sendOnce<null>('DELETE', ['auth', 'sessions', sessionId], how ?? {}),
};

/**
 * The caller's own account. Most calls require a session, and changes require a recent login
 * (`session.renew`).
 */
export const accountCalls = {
  read: () => read<RestSelf>('users', 'me'),
  /**
   * Ends all memberships, sessions and tokens, and replaces the user's name and addresses
   * everywhere. It can't be undone. Rejects as `invalid` for the only owner of an organization.
   */
  erase: () => sendOnce<Erasure>('DELETE', ['users', 'me']),
  changePassword: (password: string, newPassword: string, how?: Ending) =>
    sendOnce<null>('PUT', ['auth', 'password'], { password, newPassword, ...how }),
  /** Resolves in the same way whether or not the account exists. */
  askForPasswordReset: (email: string) => sendOnce<null>('POST', ['auth', 'password-reset'], { email }),
  resetPassword: (link: MailedToken, password: string, how?: Ending) =>
    sendOnce<null>('POST', ['auth', 'password-reset', 'confirm'], { ...link, password, ...how }),

  authenticators: () => read<readonly Authenticator[]>('auth', 'authenticators'),
  /**
   * The data for setting up an authenticator app. Nothing is stored until `confirmTotp` sends a
   * code of it.
   */
  beginTotp: () => sendOnce<TotpSetup>('POST', ['auth', 'authenticators', 'totp']),
  /** Returns the recovery codes, which are shown only once. */
  confirmTotp: (setup: string, code: string) =>
    sendOnce<RecoveryCodes>('POST', ['auth', 'authenticators', 'totp', 'confirm'], { setup, code }),
  removeTotp: () => sendOnce<null>('DELETE', ['auth', 'authenticators', 'totp']),
  /** The options for `navigator.credentials.create`. Nothing is stored until `confirmPasskey`. */
  beginPasskeySetup: () => sendOnce<PasskeySetup>('POST', ['auth', 'authenticators', 'webauthn']),
  /** The first second factor of a user comes with recovery codes, which are shown only once. */
  confirmPasskey: (name: string, passkey: PasskeyResponse) =>
    sendOnce<NewPasskey>('POST', ['auth', 'authenticators', 'webauthn', 'confirm'], { name, passkey }),
  renamePasskey: (passkeyId: string, name: string) =>
    sendOnce<Authenticator>('PUT', ['auth', 'authenticators', 'webauthn', passkeyId], { name }),
  removePasskey: (passkeyId: string) => sendOnce<null>('DELETE', ['auth', 'authenticators', 'webauthn', passkeyId]),
  renewRecoveryCodes: () => sendOnce<RecoveryCodes>('POST', ['auth', 'authenticators', 'recovery']),

  emails: () => read<readonly AccountEmail[]>('auth', 'emails'),
  addEmail: (email: string) => sendOnce<AccountEmail>('POST', ['auth', 'emails'], { email }),
  /** Sends the mail again whose link `verifyEmail` requires. */
  askToVerifyEmail: (emailId: string) => sendOnce<null>('POST', ['auth', 'emails', emailId, 'ask']),
  verifyEmail: (link: MailedToken) => sendOnce<null>('POST', ['auth', 'emails', 'verify'], link),
  /** A new address (`newUntil`) requires the password. */
  makeEmailPrimary: (emailId: string, password?: string) =>
    sendOnce<readonly AccountEmail[]>('PUT', ['auth', 'emails', emailId], {
      isPrimary: true,
      ...(password === undefined ? {} : { password }),
    }),
  removeEmail: (emailId: string) => sendOnce<null>('DELETE', ['auth', 'emails', emailId]),

  tokens: () => read<readonly UserToken[]>('api-tokens'),
  /** The token itself is only in this response. Scopes beyond `…:read` require a recent login. */
  createToken: (token: NewUserToken) => sendOnce<CreatedUserToken>('POST', ['api-tokens'], token),
  removeToken: (tokenId: string) => sendOnce<null>('DELETE', ['api-tokens'], { tokenId }),
};

/** Reading, accepting and requesting invites. */
export const inviteCalls = {
  read: ({ memberId, token }: InviteLink) => sendOnce<InviteShown>('POST', ['accept-invite', 'details'], { member: memberId, token }),
  accept: ({ memberId, token }: InviteLink) => sendOnce<null>('POST', ['accept-invite'], { member: memberId, token }),
  /** Requests an invite, without an account. Resolves in the same way for known addresses. */
  askToJoin: (organization: string, email: string) => sendOnce<null>('POST', ['organizations', organization, 'join-request'], { email }),
};

export const organizationsCalls = {
  search: () => list<RestListedOrganization, OrganizationSearch>('organizations'),
};

export const clientCommands = {
  createOrganization: (organization: NewOrganization) => command<RestOrganization>('POST', ['organizations'], organization),
};
