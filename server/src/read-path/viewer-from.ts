import { type CallingActor, circumstancesOf } from '../domain/actor.ts';
import type { Viewer } from '../domain/evaluate-access.ts';

/** The viewer whose subscriptions a caller's connection opens. */
export function viewerFrom(actor: CallingActor, collections: Viewer['collections']): Viewer {
  const common = { ...circumstancesOf(actor), tokenScopes: actor.tokenScopes, collections };
  return actor.kind === 'user'
    ? { ...common, userId: actor.userId, orgTokenId: null }
    : { ...common, userId: null, orgTokenId: actor.tokenId };
}
