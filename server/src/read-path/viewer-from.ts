import type { CallingActor } from '../domain/actor.ts';
import type { Viewer } from '../domain/evaluate-access.ts';

/** The viewer whose subscriptions a caller's connection opens. */
export function viewerFrom(actor: CallingActor, collections: Viewer['collections']): Viewer {
  const { tokenScopes, address } = actor;
  const common = { tokenScopes, address, collections };
  if (actor.kind === 'org-token') {
    return { ...common, userId: null, orgTokenId: actor.tokenId, boundOrgIds: new Set([actor.orgId]), bindings: null };
  }
  return { ...common, userId: actor.userId, orgTokenId: null, boundOrgIds: actor.boundOrgIds, bindings: actor.bindings };
}
