import type { MembersAction, OrgRoleId, TeamRoleId } from '@rollcall/client';
import type { Outcome } from '@rollcall/react/parts';

/** A change of members that one request makes. A role in a team is set for one member at a time. */
export type BulkAction = MembersAction | { readonly action: 'set-team-role'; readonly team: string; readonly teamRole: TeamRoleId };

export interface BulkStep {
  readonly action: BulkAction;
  /** The ids of the members. */
  readonly members: readonly string[];
}

/** A member’s former role, or role in a team, which an undo restores. */
export type Before = OrgRoleId | TeamRoleId | null;

/** A change of many members. Without names, except for `labels`. */
export interface BulkTask {
  readonly organization: { readonly id: string; readonly name: string; readonly slug: string };
  /** Shown while it runs: "Adding to #team-5". */
  readonly doing: string;
  /** Shown after the number of members: "added to #team-5". */
  readonly done: string;
  readonly steps: readonly BulkStep[];
  /** The members that are left out without a request, with the reason. */
  readonly known: ReadonlyMap<string, Outcome>;
  /** Shown after the number of members that needed no change: "were on it already". */
  readonly same: readonly [one: string, many: string];
  /** Null if the change can't be undone, or is an undo. */
  readonly before: ReadonlyMap<string, Before> | null;
  /** The addresses or names of the members, for the details of the result. */
  readonly labels: ReadonlyMap<string, string>;
}

/** A member who was changed. Other members without an error needed no change, or an approval. */
export const changed: Outcome = { kind: 'done', reason: 'Done' };
/** A member who needed no change. */
export const unchanged: Outcome = { kind: 'done', reason: 'No change needed' };
