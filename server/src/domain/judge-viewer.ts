import { accessOf, type Collection, type OrgState, type RevokeReason, type Scope, type Who } from '@rollcall/protocol';
import { type Audience, audienceOf } from './audience.ts';

/** Who reads, and what of. The token's scopes are expanded; null is a session. */
export interface Viewer {
  /** Null for an organization token. */
  readonly userId: string | null;
  readonly tokenScopes: ReadonlySet<Scope> | null;
  /** The organization token that it came with, if it did: removing that ends what it opened. */
  readonly orgTokenId: string | null;
  /** An organization token, or a user token bound to one, sees no other. */
  readonly boundOrgId: string | null;
  /** Null is all one may see. */
  readonly collections: readonly Collection[] | null;
}

/** What a viewer sees of an organization, or why nothing. */
export type Judgement = { readonly audience: Audience } | { readonly revoked: RevokeReason };

/** Judges a viewer by the state of now and nothing else (rule A4). */
export function judgeViewer(state: OrgState, viewer: Viewer): Judgement {
  const { organization } = state;
  if (!organization) return { revoked: 'organization-removed' };
  if (viewer.boundOrgId !== null && viewer.boundOrgId !== organization.id) return { revoked: 'removed' };
  const access = accessOf(state, whoOf(viewer));
  if (access.denied) return { revoked: access.denied === 'two-factor-required' ? 'two-factor-required' : 'removed' };
  // Whoever may see something may also ask for a collection that is empty, or hidden from them: they get an empty copy.
  const maySee = audienceOf(organization, access.scopes, null).sees.size > 0;
  return maySee ? { audience: audienceOf(organization, access.scopes, viewer.collections) } : { revoked: 'removed' };
}

function whoOf({ userId, tokenScopes }: Viewer): Who {
  if (userId === null) return { tokenScopes: tokenScopes ?? new Set() };
  return tokenScopes ? { userId, tokenScopes } : { userId };
}
