import type { OrgRoleId, TeamRoleId } from '../roles.ts';
import type {
  inviteShape,
  memberDetailsShape,
  memberShape,
  membersChangedShape,
  memberWithTeamsShape,
  orgRoleShape,
  ResponseOf,
  reinstatedShape,
  teamRoleShape,
} from './shapes/index.ts';
import type { TeamRoleOf } from './teams.ts';

export type RestMember = ResponseOf<typeof memberShape>;
export type RestMemberWithTeams = ResponseOf<typeof memberWithTeamsShape>;
export type RestMemberDetails = ResponseOf<typeof memberDetailsShape>;
export type RestMembersChanged = ResponseOf<typeof membersChangedShape>;
export type ReinstatedMembers = ResponseOf<typeof reinstatedShape>;
export type InviteShown = ResponseOf<typeof inviteShape>;

/** A role, and whether the caller may assign it. */
export type RoleOption<Id extends OrgRoleId | TeamRoleId> = Extract<
  ResponseOf<typeof orgRoleShape> | ResponseOf<typeof teamRoleShape>,
  { readonly id: Id }
>;

export interface NewInvite {
  readonly email: string;
  /** `member` by default. */
  readonly orgRole?: OrgRoleId;
  readonly teamRoles?: readonly TeamRoleOf[];
  /** False creates the invite without sending a mail. */
  readonly sendInvite?: boolean;
}

/** An absent field keeps its value. */
export interface MemberChanges {
  readonly orgRole?: OrgRoleId;
  /** Replaces all teams of the member. */
  readonly teamRoles?: readonly TeamRoleOf[];
}

/** An absent field keeps its value. */
export interface InviteRequestChanges extends MemberChanges {
  /** `true` sends the invite. `false` has no effect. */
  readonly approve?: boolean;
}

/** The action to apply to each of several members. `team` is a slug or an id. */
export type MembersAction =
  | { readonly action: 'set-role'; readonly orgRole: OrgRoleId }
  | { readonly action: 'add-to-team' | 'remove-from-team'; readonly team: string }
  | { readonly action: 'remove' };

/** The member id and the token in the link of an invite. */
export interface InviteLink {
  readonly memberId: string;
  readonly token: string;
}
