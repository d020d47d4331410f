import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';

/**
 * Write path 3/5, second half: a rule that applies to every command, so that no way in is
 * forgotten. It refuses the command, or appends changes to those of the command, in the same
 * revision.
 */
export interface Reaction {
  /**
   * Loads what the rule needs in the command's transaction, and returns the changes to append.
   * @throws OrgError refuses the command
   */
  follow(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<readonly LogChange[]>;
}

/** A rule by its parts. Those that decide are pure. */
export interface ReactionParts<Subjects, Facts> {
  /** Finds what the changes concern. Null if the rule has nothing to do: nothing is loaded then. */
  subjectsOf(changes: readonly LogChange[]): Subjects | null;
  load(tx: Tx, orgId: string, subjects: Subjects): Promise<Facts>;
  /**
   * Returns the changes to append.
   * @throws OrgError refuses the command
   */
  decide(changes: readonly LogChange[], facts: Facts): readonly LogChange[];
}

export function reaction<Subjects, Facts>({ subjectsOf, load, decide }: ReactionParts<Subjects, Facts>): Reaction {
  return {
    async follow(tx, orgId, changes) {
      const subjects = subjectsOf(changes);
      return subjects === null ? [] : decide(changes, await load(tx, orgId, subjects));
    },
  };
}
