import {
  type Audience,
  audienceOf,
  type Collection,
  everything,
  type OrgState,
  type RevokeReason,
  type Scope,
  type Who,
} from '@rollcall/protocol';
import { type CallerCircumstances, callerAccessOf, type Denial, whoOfUser } from './caller-access.ts';

/**
 * The identity of a reader and the requested collections. `tokenScopes` is expanded. It is null for
 * a session.
 */
export interface Viewer extends CallerCircumstances {
  /** Null for a token without a user. */
  readonly userId: string | null;
  /** A service sees all records, regardless of its scopes and of the organization's settings. */
  readonly isService: boolean;
  readonly tokenScopes: ReadonlySet<Scope> | null;
  /**
   * The organization token of the reader, if there is one. Removing the token ends the access that
   * it gave.
   */
  readonly orgTokenId: string | null;
  /** Null requests all visible collections. */
  readonly collections: readonly Collection[] | null;
}

/** The audience of a viewer, or the reason why the viewer has no access. */
export type AccessDecision = { readonly audience: Audience } | { readonly revoked: RevokeReason };

/**
 * Evaluates a viewer's access by the current state and time, and nothing else (rule A4).
 * @param now milliseconds since 1970
 */
export function evaluateAccess(state: OrgState, viewer: Viewer, now: number): AccessDecision {
  const access = callerAccessOf(state, whoOf(viewer), viewer, now);
  if (access.denied) return { revoked: reasons[access.denied] ?? 'removed' };
  const organization = state.organization!;
  // A viewer with access to anything may also request a collection that is empty or hidden from
  // them. They get an empty replica.
  const scopes = viewer.isService ? everything : access.scopes;
  const maySee = audienceOf(organization, scopes, null).sees.size > 0;
  return maySee ? { audience: audienceOf(organization, scopes, viewer.collections) } : { revoked: 'removed' };
}

/** The denials with a reason of their own. The others look like a removal to the subscriber. */
const reasons: Partial<Record<Denial, RevokeReason>> = {
  'no-organization': 'organization-removed',
  'two-factor-required': 'two-factor-required',
  'sso-required': 'sso-required',
  'sudo-required': 'sudo-required',
  'address-not-allowed': 'address-not-allowed',
};

function whoOf({ userId, tokenScopes }: Viewer): Who {
  return userId === null ? { tokenScopes: tokenScopes ?? new Set() } : whoOfUser(userId, tokenScopes);
}
