import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import { changesPerTurnMax } from './append-to-log.ts';
import type { Reaction } from './reaction.ts';

/**
 * The changes that follow from those of any command. Each reaction looks at all changes.
 * @returns the command's changes, and those that follow from them, in the order of the reactions
 * @throws OrgError a reaction refuses the command
 */
export async function addReactions(
  tx: Tx,
  reactions: readonly Reaction[],
  orgId: string,
  changes: readonly LogChange[],
): Promise<LogChange[]> {
  if (changes.length <= changesPerTurnMax) {
    // Their statements share a round trip.
    const added = await Promise.all(reactions.map((reaction) => reaction.follow(tx, orgId, changes)));
    return [...changes, ...added.flat()];
  }
  const result = [...changes];
  for (const reaction of reactions) {
    await yieldToLoop(systemClock);
    result.push(...(await reaction.follow(tx, orgId, changes)));
  }
  return result;
}
