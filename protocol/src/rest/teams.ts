import type { TeamRoleId } from '../roles.ts';
import type { accessRequestShape, membershipShape, ResponseOf, teamShape } from './shapes/index.ts';

export type RestTeam = ResponseOf<typeof teamShape>;
export type RestTeamMembership = ResponseOf<typeof membershipShape>;
export type AccessRequest = ResponseOf<typeof accessRequestShape>;

/** At least one of the two is required. The server derives the other from it. */
export interface NewTeam {
  readonly slug?: string;
  readonly name?: string;
}

export interface TeamRoleOf {
  readonly teamSlug: string;
  readonly role: TeamRoleId | null;
}
