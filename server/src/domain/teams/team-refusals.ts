import { OrgError, type TeamRecord } from '@rollcall/protocol';

/**
 * A team that an identity provider made is changed by the provider only (REST contract 8.3).
 * @throws OrgError `forbidden`
 */
export function refuseProvisionedTeam(team: TeamRecord): void {
  if (team.flags['idp:provisioned']) {
    throw new OrgError('forbidden', "This team is managed through your organization's identity provider.");
  }
}

/** 400 and not 403: so the contract has it (REST contract 8.4). */
export function membershipRefusal(): OrgError {
  return new OrgError('invalid', "You do not have permission to edit that user's membership.");
}
