import { accessOf, type Collection, type OrgState, type RevokeReason, type Scope, type Who } from '@rollcall/protocol';
import { type Audience, audienceOf } from './audience.ts';

/**
 * The identity of a reader and the requested collections. `tokenScopes` is expanded. It is null for
 * a session.
 */
export interface Viewer {
  /** Null for an organization token. */
  readonly userId: string | null;
  readonly tokenScopes: ReadonlySet<Scope> | null;
  /**
   * The organization token of the reader, if there is one. Removing the token ends the access that
   * it gave.
   */
  readonly orgTokenId: string | null;
  /**
   * An organization token, or a user token bound to one organization, gives no access to others.
   */
  readonly boundOrgId: string | null;
  /** Null requests all visible collections. */
  readonly collections: readonly Collection[] | null;
}

/** The audience of a viewer, or the reason why the viewer has no access. */
export type AccessDecision = { readonly audience: Audience } | { readonly revoked: RevokeReason };

/** Evaluates a viewer's access by the current state and nothing else (rule A4). */
export function evaluateAccess(state: OrgState, viewer: Viewer): AccessDecision {
  const { organization } = state;
  if (!organization) return { revoked: 'organization-removed' };
  if (viewer.boundOrgId !== null && viewer.boundOrgId !== organization.id) return { revoked: 'removed' };
  const access = accessOf(state, whoOf(viewer));
  if (access.denied) return { revoked: access.denied === 'two-factor-required' ? 'two-factor-required' : 'removed' };
  // A viewer with access to anything may also request a collection that is empty or hidden from
  // them. They get an empty replica.
  const maySee = audienceOf(organization, access.scopes, null).sees.size > 0;
  return maySee ? { audience: audienceOf(organization, access.scopes, viewer.collections) } : { revoked: 'removed' };
}

function whoOf({ userId, tokenScopes }: Viewer): Who {
  if (userId === null) return { tokenScopes: tokenScopes ?? new Set() };
  return tokenScopes ? { userId, tokenScopes } : { userId };
}
