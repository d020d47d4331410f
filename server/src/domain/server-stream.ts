import type { LogChange, OrgRecord, PermissionTable } from '@rollcall/protocol';

/**
 * Organization 0 is the server's own stream. A command that ends a user's access everywhere, or
 * that replaces the permission table, is written to this stream, so that every instance receives it
 * as reliably as any other change (rule A5). Only this file writes and reads its kinds.
 */
export const serverStreamId = '0';

/** The end of a user's access or of a credential. It closes the connections that they opened. */
export type Revocation =
  | { readonly kind: 'user-disabled'; readonly userId: string }
  | { readonly kind: 'credential-revoked'; readonly credentialId: string }
  /** The session remains, but its connections must authenticate again. */
  | { readonly kind: 'binding-changed'; readonly credentialId: string }
  /**
   * The user has another address or external id, by which tokens of a trusted issuer name them. The
   * connections of such tokens must authenticate again.
   */
  | { readonly kind: 'identity-changed'; readonly userId: string }
  /** The connections stay. Their subscriptions to organizations that require it may end. */
  | { readonly kind: 'second-factor-changed'; readonly userId: string; readonly isMissing: boolean }
  /** The user of the session proved their identity again. The connections stay. */
  | { readonly kind: 'login-renewed'; readonly credentialId: string; readonly at: number }
  /** The connections of the session stay, and count as opened with a second factor. */
  | { readonly kind: 'second-factor-used'; readonly credentialId: string };

export function userAccessChanged(userId: string, isActive: boolean): LogChange {
  return { kind: 'user', id: userId, before: { id: userId, isActive: !isActive }, after: { id: userId, isActive } };
}

export function userTokenEnded(tokenId: string, userId: string): LogChange {
  return { kind: 'user-token', id: tokenId, before: { id: tokenId, userId }, after: null };
}

export function serviceTokenEnded(tokenId: string): LogChange {
  return { kind: 'service-token', id: tokenId, before: { id: tokenId }, after: null };
}

export function sessionEnded(sessionId: string, userId: string): LogChange {
  return { kind: 'session', id: sessionId, before: { id: sessionId, userId }, after: null };
}

/** The user of a session proved their identity again. Earlier versions ignore it. */
export function loginRenewed(sessionId: string, userId: string, at: number): LogChange {
  const before = { id: sessionId, userId };
  return { kind: 'session', id: sessionId, before, after: { ...before, authenticatedAt: at } };
}

/**
 * The end of the binding of a session to one organization that its connections were opened with,
 * without another binding or with a newer one.
 */
export function bindingChanged(sessionId: string, orgId: string, userId: string): LogChange {
  const id = `${sessionId}:${orgId}`;
  return { kind: 'session-sso', id, before: { id, sessionId, orgId, userId }, after: null };
}

/** The end of the address or the external id by which tokens of a trusted issuer named the user. */
export function identityChanged(userId: string): LogChange {
  return { kind: 'user-identity', id: userId, before: { id: userId }, after: null };
}

/** The user has set up a second factor, or has none any more. */
export function secondFactorChanged(userId: string, isMissing: boolean): LogChange {
  return { kind: 'second-factor', id: userId, before: { id: userId, isMissing: !isMissing }, after: { id: userId, isMissing } };
}

/** The user of a session whose login had no second factor has now used one. */
export function secondFactorUsed(sessionId: string, userId: string): LogChange {
  const record = { id: sessionId, userId };
  return {
    kind: 'session-strength',
    id: sessionId,
    before: { ...record, usedSecondFactor: false },
    after: { ...record, usedSecondFactor: true },
  };
}

export function permissionsReplaced(before: PermissionTable, after: PermissionTable): LogChange {
  const recordOf = (table: PermissionTable) => ({ id: serverStreamId, ...table }) as unknown as OrgRecord;
  return { kind: 'permissions', id: serverStreamId, before: before.version === 0 ? null : recordOf(before), after: recordOf(after) };
}

/** The permission table that the changes put in force. Null if they leave it as it is. */
export function permissionsIn(changes: readonly LogChange[]): PermissionTable | null {
  const after = changes.find(({ kind }) => kind === 'permissions')?.after as unknown as PermissionTable | undefined;
  return after ? { version: after.version, scopes: after.scopes } : null;
}

/** The kinds of records for credentials. */
const credentialKinds: ReadonlySet<string> = new Set(['user-token', 'service-token', 'session']);

export function revocationsOf(changes: readonly LogChange[]): Revocation[] {
  const revocations: Revocation[] = [];
  for (const { kind, id, before, after } of changes) {
    if (kind === 'user' && after?.isActive === false) revocations.push({ kind: 'user-disabled', userId: id });
    if (kind === 'session-sso' && after === null) revocations.push({ kind: 'binding-changed', credentialId: String(before!.sessionId) });
    if (kind === 'user-identity') revocations.push({ kind: 'identity-changed', userId: id });
    if (kind === 'second-factor') revocations.push({ kind: 'second-factor-changed', userId: id, isMissing: after?.isMissing === true });
    if (kind === 'session' && after !== null)
      revocations.push({ kind: 'login-renewed', credentialId: id, at: Number(after.authenticatedAt) });
    if (kind === 'session-strength') revocations.push({ kind: 'second-factor-used', credentialId: id });
    if (credentialKinds.has(kind) && after === null) revocations.push({ kind: 'credential-revoked', credentialId: id });
  }
  return revocations;
}
