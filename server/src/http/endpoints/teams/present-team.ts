import { effectiveTeamRole, hasTeamAccess, OrgError, scopesOfTeamRole, type TeamMemberRecord, type TeamRecord } from '@rollcall/protocol';
import type { detailedTeamShape, membershipShape, projectShape, ResponseOf, teamShape } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import type { AuthorizedReader } from '../../../read-path/queries/authorized-reader.ts';
import { externalTeamsOfTeams } from '../../../read-path/queries/outlets/external-actors.ts';
import { listProjectsOfTeams } from '../../../read-path/queries/projects/list-projects.ts';
import { readTeamFacts, type TeamFacts } from '../../../read-path/queries/teams/team-facts.ts';
import { fieldLimits } from '../../../runtime/limits/rows/fields.ts';
import { presentExternalTeam } from '../../responses/present-external-actors.ts';
import { presentProjectSummaries } from '../projects/present-project.ts';

/** The REST forms of teams (REST contract 8.2). */

export interface TeamOptions {
  readonly withProjects?: boolean;
  readonly withExternalTeams?: boolean;
}

/** Presents teams for this reader, in the given order. */
export async function presentTeams(
  db: Db,
  reader: AuthorizedReader,
  teams: readonly TeamRecord[],
  { withProjects = false, withExternalTeams = false }: TeamOptions = {},
): Promise<ResponseOf<typeof detailedTeamShape>[]> {
  const ids = teams.map(({ id }) => id);
  const facts = await readTeamFacts(db, reader.state.organization!.id, ids, reader.member?.id ?? null);
  const mapped = withExternalTeams ? await externalTeamsOfTeams(db, reader.state.organization!.id, ids) : null;
  const projects = withProjects ? await presentProjectsByTeam(db, reader, ids) : null;
  return teams.map((team) => ({
    ...presentTeam(reader, team, facts.get(team.id)),
    ...(mapped ? { externalTeams: (mapped.get(team.id) ?? []).map(presentExternalTeam) } : {}),
    ...(projects ? { projects: projects.get(team.id) ?? [] } : {}),
  }));
}

export async function presentTeamFor(db: Db, reader: AuthorizedReader, team: TeamRecord): Promise<ResponseOf<typeof teamShape>> {
  return (await presentTeams(db, reader, [team]))[0]!;
}

/** @param facts absent for a team that was removed since it was read */
export function presentTeam(
  { state, member }: AuthorizedReader,
  team: TeamRecord,
  facts: TeamFacts | undefined,
): ResponseOf<typeof teamShape> {
  const row = member && state.teamMember(team.id, member.id);
  const hasAccess = hasTeamAccess(state, member, [team.id]);
  // A reader with access who is not on the team has the team role that their org role implies.
  const role = member && effectiveTeamRole(row?.teamRole ?? null, member.orgRole);
  return {
    id: team.id,
    slug: team.slug,
    name: team.name,
    dateCreated: team.dateCreated,
    isMember: row !== null,
    teamRole: row ? role : null,
    flags: team.flags,
    access: hasAccess && role ? [...scopesOfTeamRole(role, state.organization!)].sort() : [],
    hasAccess,
    isPending: facts?.isRequested ?? false,
    memberCount: facts?.memberCount ?? 0,
    avatar: { avatarType: 'letter_avatar', avatarUuid: null },
  };
}

/**
 * A single team is always presented: its entries are no more than the stored links of its projects.
 * @throws OrgError `invalid`
 */
function assertFewEntries(projectsByTeam: readonly (readonly ResponseOf<typeof projectShape>[])[]): void {
  let entries = 0;
  for (const projects of projectsByTeam) for (const { teams } of projects) entries += 1 + teams.length;
  if (projectsByTeam.length < 2 || entries <= fieldLimits.teamEntries.value) return;
  throw new OrgError(
    'invalid',
    'These teams share too many projects for one response. List the teams of the organization with detailed=0, or with a smaller per_page.',
  );
}

/**
 * Presents each project once, even if several of the teams have it.
 * @throws OrgError `invalid` for too many projects and teams of them
 */
async function presentProjectsByTeam(
  db: Db,
  reader: AuthorizedReader,
  teamIds: readonly string[],
): Promise<ReadonlyMap<string, ResponseOf<typeof projectShape>[]>> {
  const byTeam = await listProjectsOfTeams(db, reader.state.organization!.id, teamIds);
  const projects = [...new Map([...byTeam.values()].flat().map((project) => [project.id, project])).values()];
  const shapes = await presentProjectSummaries(db, reader, projects);
  const shapeOf = new Map(projects.map((project, index) => [project.id, shapes[index]!]));
  const shapesByTeam = new Map([...byTeam].map(([teamId, ofTeam]) => [teamId, ofTeam.map(({ id }) => shapeOf.get(id)!)]));
  assertFewEntries([...shapesByTeam.values()]);
  return shapesByTeam;
}

/** The membership of a team (REST contract 8.4). The role is as stored. */
export function presentMembership({ teamRole }: TeamMemberRecord): ResponseOf<typeof membershipShape> {
  return { isActive: true, teamRole };
}
