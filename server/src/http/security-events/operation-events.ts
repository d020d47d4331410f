import type { SecurityEventName } from '@rollcall/protocol';

export interface OperationEvent {
  readonly event: SecurityEventName;
  readonly kind?: string;
  /** Its id is the parameter of this name, or the `id` of the response. */
  readonly target?: { readonly kind: string; readonly param?: string };
}

const user = { kind: 'user', param: 'user' };
const newToken = { kind: 'token' };
const token = { kind: 'token', param: 'token' };

/**
 * The events of operations that succeed, by the id of the operation. Changes of organizations have
 * theirs by the audit log, and acts of the operator have `operator.act` in addition.
 */
export const operationEvents: Readonly<Record<string, OperationEvent>> = {
  changePassword: { event: 'password.change' },
  askForPasswordReset: { event: 'password.reset', kind: 'requested' },
  confirmTotp: { event: 'factor.change', kind: 'totp-added' },
  removeTotp: { event: 'factor.change', kind: 'totp-removed' },
  confirmPasskey: { event: 'factor.change', kind: 'passkey-added' },
  removePasskey: { event: 'factor.change', kind: 'passkey-removed' },
  renewRecoveryCodes: { event: 'factor.change', kind: 'recovery-codes-renewed' },
  enrolAuthenticator: { event: 'factor.change', kind: 'added-by-operator', target: user },
  resetSecondFactor: { event: 'factor.change', kind: 'reset', target: { kind: 'member', param: 'member' } },
  addEmail: { event: 'address.change', kind: 'added' },
  verifyEmail: { event: 'address.change', kind: 'verified' },
  makeEmailPrimary: { event: 'address.change', kind: 'primary' },
  removeEmail: { event: 'address.change', kind: 'removed' },
  removeEmailByLink: { event: 'address.change', kind: 'removed-by-link' },
  removeSession: { event: 'session.end', kind: 'one', target: { kind: 'session', param: 'session' } },
  logOutEverywhere: { event: 'session.end', kind: 'all' },
  endSessionsOfUser: { event: 'session.end', kind: 'all', target: user },
  endAllSessions: { event: 'session.end', kind: 'everyone' },
  createUserToken: { event: 'token.create', kind: 'personal', target: newToken },
  createTokenOfUser: { event: 'token.create', kind: 'personal', target: newToken },
  revokeTokenOfUser: { event: 'token.revoke', kind: 'personal', target: token },
  createServiceToken: { event: 'token.create', kind: 'service', target: newToken },
  revokeServiceToken: { event: 'token.revoke', kind: 'service', target: token },
  createOperatorToken: { event: 'token.create', kind: 'operator', target: newToken },
  revokeOperatorToken: { event: 'token.revoke', kind: 'operator', target: token },
  createScimToken: { event: 'token.create', kind: 'scim', target: newToken },
  downloadExport: { event: 'transfer', kind: 'download' },
  downloadExportFor: { event: 'transfer', kind: 'download' },
  importOrganization: { event: 'transfer', kind: 'import' },
  importHistory: { event: 'transfer', kind: 'import' },
  eraseSelf: { event: 'erasure' },
  eraseUser: { event: 'erasure', target: user },
};

/** Operations of an account whose endpoints record the events. */
export const recordedByEndpoint: ReadonlySet<string> = new Set([
  ...['logIn', 'logInWithPasskey', 'proveLogin', 'register', 'logOut'],
  ...['resetPassword', 'removeUserToken'],
]);
