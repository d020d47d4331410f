import type {
  AccountEmail,
  Authenticator,
  CreatedUserToken,
  Ending,
  InviteLink,
  InviteShown,
  LogIn,
  MailedToken,
  NewOrganization,
  NewUserToken,
  OrganizationSearch,
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
  /** Who one is here: `user` is null for whoever is not logged in, and for an organization's token. */
  current: () => read<RestIdentity>(),
  /** Opens a session. `two-factor-required` wants the same again with an `otp`. */
  logIn: (login: LogIn) => sendOnce<RestSelf>('POST', ['auth', 'login'], login),
  /** Makes an account for the address of an invite, and opens a session. */
  register: (registration: Registration) => sendOnce<RestSelf>('POST', ['auth', 'register'], registration),
  /** Proves again who one is, where a call was refused as `sudo-required`. */
  renew: (password: string) => sendOnce<RestSelf>('PUT', ['auth'], { password }),
  /** Ends this session, and what it opened: this client too. */
  logOut: () => sendOnce<null>('POST', ['auth', 'logout']),
  logOutEverywhere: (how?: Ending) => sendOnce<null>('POST', ['auth', 'logout-all'], how ?? {}),
  /** The caller's sessions, the latest used first. */
  list: () => read<readonly SessionShown[]>('auth', 'sessions'),
  end: (sessionId: string, how?: Ending) => sendOnce<null>('DELETE', ['auth', 'sessions', sessionId], how ?? {}),
};

/** The caller's own account. Most of it is for a session only, and what changes it for a recent one (`session.renew`). */
export const accountCalls = {
  read: () => read<RestSelf>('users', 'me'),
  changePassword: (password: string, newPassword: string, how?: Ending) =>
    sendOnce<null>('PUT', ['auth', 'password'], { password, newPassword, ...how }),
  /** Resolves alike whether or not there is such an account. */
  askForPasswordReset: (email: string) => sendOnce<null>('POST', ['auth', 'password-reset'], { email }),
  resetPassword: (link: MailedToken, password: string, how?: Ending) =>
    sendOnce<null>('POST', ['auth', 'password-reset', 'confirm'], { ...link, password, ...how }),

  authenticators: () => read<readonly Authenticator[]>('auth', 'authenticators'),
  /** What an authenticator app is set up with. Nothing is kept until `confirmTotp` brings a code of it. */
  beginTotp: () => sendOnce<TotpSetup>('POST', ['auth', 'authenticators', 'totp']),
  /** Gives the recovery codes, which are shown this once. */
  confirmTotp: (setup: string, code: string) =>
    sendOnce<RecoveryCodes>('POST', ['auth', 'authenticators', 'totp', 'confirm'], { setup, code }),
  removeTotp: () => sendOnce<null>('DELETE', ['auth', 'authenticators', 'totp']),
  renewRecoveryCodes: () => sendOnce<RecoveryCodes>('POST', ['auth', 'authenticators', 'recovery']),

  emails: () => read<readonly AccountEmail[]>('auth', 'emails'),
  addEmail: (email: string) => sendOnce<AccountEmail>('POST', ['auth', 'emails'], { email }),
  /** Sends the mail again whose link `verifyEmail` wants. */
  askToVerifyEmail: (emailId: string) => sendOnce<null>('POST', ['auth', 'emails', emailId, 'ask']),
  verifyEmail: (link: MailedToken) => sendOnce<null>('POST', ['auth', 'emails', 'verify'], link),
  /** A new address (`newUntil`) needs the password. */
  makeEmailPrimary: (emailId: string, password?: string) =>
    sendOnce<readonly AccountEmail[]>('PUT', ['auth', 'emails', emailId], {
      isPrimary: true,
      ...(password === undefined ? {} : { password }),
    }),
  removeEmail: (emailId: string) => sendOnce<null>('DELETE', ['auth', 'emails', emailId]),

  tokens: () => read<readonly UserToken[]>('api-tokens'),
  /** Its text is in this answer alone. Scopes beyond `…:read` want a recent login. */
  createToken: (token: NewUserToken) => sendOnce<CreatedUserToken>('POST', ['api-tokens'], token),
  removeToken: (tokenId: string) => sendOnce<null>('DELETE', ['api-tokens'], { tokenId }),
};

/** What the link of an invite leads to, and asking for one. */
export const inviteCalls = {
  read: ({ memberId, token }: InviteLink) => read<InviteShown>('accept-invite', memberId, token),
  accept: ({ memberId, token }: InviteLink) => sendOnce<null>('POST', ['accept-invite', memberId, token]),
  /** Asks to be let in, without an account. Resolves alike for addresses that are known there. */
  askToJoin: (organization: string, email: string) => sendOnce<null>('POST', ['organizations', organization, 'join-request'], { email }),
};

export const organizationsCalls = {
  search: () => list<RestListedOrganization, OrganizationSearch>('organizations'),
};

export const clientCommands = {
  createOrganization: (organization: NewOrganization) => command<RestOrganization>('POST', ['organizations'], organization),
};
