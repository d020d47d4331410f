import type { Reaction } from '../reaction.ts';
import { closeAccessRequests } from './close-access-requests.ts';
import { deriveExternalIds } from './derive-external-ids.ts';

/**
 * The reactions to every command, in the order in which their changes are appended.
 * @param ofFeatures those of the features
 */
export function reactionsWith(ofFeatures: readonly Reaction[]): readonly Reaction[] {
  return [closeAccessRequests, ...ofFeatures, deriveExternalIds];
}
