import type { Scope } from '@rollcall/protocol';

/** What the calls about oneself take and give (docs/authentication.md of the server). Answers hold more than is named. */

export interface RestIdentity {
  readonly version: string;
  /** A token's scopes. Null with a session, which has all that its user has. */
  readonly auth: { readonly scopes: readonly Scope[] } | null;
  readonly user: RestSelf | null;
  /** In single-organization mode only: that organization's slug. Users can't create others. */
  readonly singleOrganization?: string | null;
  /** Pages that a user must agree to before they create an organization, with `agreeTerms`. */
  readonly terms?: { readonly termsUrl: string; readonly privacyUrl: string };
}

export interface RestSelf {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly isActive: boolean;
  readonly has2fa: boolean;
  readonly hasPasswordAuth: boolean;
  readonly dateJoined: string | null;
  readonly emails: readonly { readonly id: string; readonly email: string; readonly is_verified: boolean }[];
  readonly authenticators: readonly Authenticator[];
  readonly [field: string]: unknown;
}

export interface LogIn {
  /** The name or the primary address of an account. */
  readonly username: string;
  readonly password: string;
  /** A code of the authenticator app, or a recovery code. */
  readonly otp?: string;
}

/** An invite, as its link names it. */
export interface InviteLink {
  readonly memberId: string;
  readonly token: string;
}

export interface Registration {
  /** The invite's member id and token. */
  readonly member: string;
  readonly token: string;
  readonly name?: string;
  readonly password: string;
}

export interface InviteShown {
  readonly orgSlug: string;
  readonly needsAuthentication: boolean;
  readonly existingMember: boolean;
  readonly needs2fa: boolean;
  readonly [field: string]: unknown;
}

export interface SessionShown {
  readonly id: string;
  readonly dateCreated: string;
  readonly dateLastUsed: string;
  readonly expiresAt: string;
  readonly ipAddress: string | null;
  readonly userAgent: string;
  /** The one that asks. */
  readonly isCurrent: boolean;
}

/** What ends with a session or an old password. */
export interface Ending {
  /** All of the user's API tokens too: a lost session or password may have made some. */
  readonly endTokens?: boolean;
}

export interface Authenticator {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly dateCreated: string;
  readonly dateUsed: string | null;
}

export interface TotpSetup {
  /** For typing in. */
  readonly secret: string;
  /** `otpauth:` */
  readonly uri: string;
  /** The same as an image, in a `data:` URL. */
  readonly qr: string;
  /** Goes back with the first code. */
  readonly setup: string;
}

/** What stands behind the `#` of a link in a mail: `<id>.<token>`. */
export interface MailedToken {
  readonly id: string;
  readonly token: string;
}

export interface AccountEmail {
  readonly id: string;
  readonly email: string;
  readonly isVerified: boolean;
  readonly isPrimary: boolean;
  /** Until then a verified address gets no links for a password, and becomes the primary one only with the password. */
  readonly newUntil: string | null;
}

export interface NewUserToken {
  readonly name?: string;
  readonly scopes: readonly Scope[];
}

export interface UserToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly tokenLastCharacters: string;
  readonly dateCreated: string;
  readonly dateLastUsed: string | null;
  readonly expiresAt: string | null;
  readonly [field: string]: unknown;
}
