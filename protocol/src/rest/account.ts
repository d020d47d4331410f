import type {
  emailShape,
  erasureShape,
  newPasskeyShape,
  ownAuthenticatorShape,
  passkeyRequestShape,
  passkeySetupShape,
  ResponseOf,
  recoveryCodesShape,
  rootShape,
  selfShape,
  sessionShape,
  totpSetupShape,
} from './shapes/index.ts';

/** The bodies of the calls on the caller's own account (docs/authentication.md). */

/**
 * The caller's own user. Its name and addresses are never null, as they can be for other viewers of
 * the same shape.
 */
export type RestSelf = ResponseOf<typeof selfShape> & { readonly name: string; readonly username: string; readonly email: string };
export type RestIdentity = Omit<ResponseOf<typeof rootShape>, 'user'> & { readonly user: RestSelf | null };
export type Erasure = ResponseOf<typeof erasureShape>;
export type SessionShown = ResponseOf<typeof sessionShape>;
export type Authenticator = ResponseOf<typeof ownAuthenticatorShape>;
export type TotpSetup = ResponseOf<typeof totpSetupShape>;
export type PasskeyRequest = ResponseOf<typeof passkeyRequestShape>;
export type PasskeySetup = ResponseOf<typeof passkeySetupShape>;
export type NewPasskey = ResponseOf<typeof newPasskeyShape>;
/** The result of `navigator.credentials.create` or `get`, from `PublicKeyCredential.toJSON()`. */
export type PasskeyResponse = object;
export type RecoveryCodes = ResponseOf<typeof recoveryCodesShape>;
export type AccountEmail = ResponseOf<typeof emailShape>;

export interface LogIn {
  /** The name or the primary address of an account. */
  readonly username: string;
  readonly password: string;
  /** A code of the authenticator app, or a recovery code. */
  readonly otp?: string;
  /** The response of a passkey to `beginPasskey`, instead of the code. */
  readonly passkey?: PasskeyResponse;
}

export interface Registration {
  /** The invite's member id and token. */
  readonly member: string;
  readonly token: string;
  readonly name?: string;
  readonly password: string;
}

/** Options of the calls that end sessions or change the password. */
export interface Ending {
  /**
   * Also revokes all API tokens of the user, because an attacker with the session or password may
   * have created tokens.
   */
  readonly endTokens?: boolean;
}

/** The `<id>.<token>` after the `#` of a link in a mail. */
export interface MailedToken {
  readonly id: string;
  readonly token: string;
}
