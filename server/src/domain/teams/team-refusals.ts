import { OrgError, type TeamRecord } from '@rollcall/protocol';

/**
 * Only the identity provider may change a team that it created (REST contract 8.3).
 * @throws OrgError `forbidden`
 */
export function refuseProvisionedTeam(team: TeamRecord): void {
  if (team.flags['idp:provisioned']) throw managedTeamRefusal();
}

export function managedTeamRefusal(): OrgError {
  return new OrgError('forbidden', "This team is managed through your organization's identity provider.");
}

/** The status is 400 and not 403, as the contract requires (REST contract 8.4). */
export function membershipRefusal(): OrgError {
  return new OrgError('invalid', "You do not have permission to edit that user's membership.");
}
