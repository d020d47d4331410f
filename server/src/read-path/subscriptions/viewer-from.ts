import type { Collection } from '@rollcall/protocol';
import { type CallingActor, circumstancesOf } from '../../domain/actor.ts';
import type { Viewer } from '../../domain/evaluate-access.ts';

/**
 * The viewer whose subscriptions a caller's connection opens.
 * @param requested null for all collections that the caller may see
 */
export function viewerFrom(actor: CallingActor, requested: Viewer['collections']): Viewer {
  const collections = actor.kind === 'service' ? within(actor.collections, requested) : requested;
  return {
    tokenScopes: actor.tokenScopes,
    collections,
    userId: actor.kind === 'user' ? actor.userId : null,
    orgTokenId: actor.kind === 'org-token' ? actor.tokenId : null,
    isService: actor.kind === 'service',
    // Last, because of the hidden classes: see `callerFrom`.
    ...circumstancesOf(actor),
  };
}

function within(allowed: readonly Collection[] | null, requested: readonly Collection[] | null): readonly Collection[] | null {
  return allowed && requested ? requested.filter((collection) => allowed.includes(collection)) : (allowed ?? requested);
}
