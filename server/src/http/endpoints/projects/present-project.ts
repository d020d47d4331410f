import { createHash } from 'node:crypto';
import { effectiveTeamRole, hasTeamAccess, orgRoles, type ProjectRecord, type Scope, scopesOfTeamRole } from '@rollcall/protocol';
import type { projectDetailsShape, projectShape, ResponseOf, reachableProjectShape } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import type { Caller } from '../../../identity/caller.ts';
import { type AuthorizedReader, findReader } from '../../../read-path/queries/authorized-reader.ts';
import type { ReachableProject } from '../../../read-path/queries/projects/list-reachable-projects.ts';
import { readBookmarks, readTeamsOfProjects, type TeamOfProject } from '../../../read-path/queries/projects/project-facts.ts';
import { readProjectOptions, readSettingsFor } from '../../../read-path/queries/projects/project-settings.ts';
import { presentOrganization } from '../organizations/present-organization.ts';
import { projectDefaults, summaryDefaults } from './project-defaults.ts';

/** The REST forms of projects (REST contract 9.2). */

/** Presents project summaries for this reader, in the given order. */
export async function presentProjectSummaries(
  db: Db,
  reader: AuthorizedReader,
  projects: readonly ProjectRecord[],
): Promise<ResponseOf<typeof projectShape>[]> {
  if (projects.length === 0) return [];
  const ids = projects.map(({ id }) => id);
  const orgId = reader.state.organization!.id;
  const [teams, bookmarks] = await Promise.all([
    readTeamsOfProjects(db, orgId, ids),
    reader.actor.kind === 'user' ? readBookmarks(db, orgId, reader.actor.userId) : new Set<string>(),
  ]);
  return projects.map((project) => presentSummary(reader, project, teams.get(project.id) ?? [], bookmarks.has(project.id)));
}

function presentSummary(
  reader: AuthorizedReader,
  project: ProjectRecord,
  teams: readonly TeamOfProject[],
  isBookmarked: boolean,
): ResponseOf<typeof projectShape> {
  const { state, member } = reader;
  const teamIds = teams.map(({ id }) => id);
  const hasAccess = hasTeamAccess(state, member, teamIds);
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    platform: project.platform,
    dateCreated: project.dateCreated,
    isBookmarked,
    isMember: member !== null && teamIds.some((id) => state.teamMember(id, member.id)),
    hasAccess,
    access: hasAccess ? [...teamScopesOf(reader, teamIds)].sort() : [],
    team: teams[0] ?? null,
    teams,
    platforms: project.platform ? [project.platform] : [],
    ...summaryDefaults,
  };
}

/**
 * Presents summaries with some options of each project that the reader has access to (REST contract
 * 9.2).
 * @param names of options; without any, the key is omitted, as in the plain summary
 */
export async function presentProjectsWithOptions(
  db: Db,
  reader: AuthorizedReader,
  projects: readonly ProjectRecord[],
  names: readonly string[],
): Promise<Record<string, unknown>[]> {
  const summaries = await presentProjectSummaries(db, reader, projects);
  if (names.length === 0) return summaries;
  const options = await readProjectOptions(db, reader, projects);
  return summaries.map((summary) => {
    const known = summary.hasAccess ? Object.entries(options.get(String(summary.id))!) : [];
    return { ...summary, options: Object.fromEntries(known.filter(([name]) => names.includes(name))) };
  });
}

/** The scopes that the reader's org role gives on any team, and those of their own team roles. */
function teamScopesOf({ state, member }: AuthorizedReader, teamIds: readonly string[]): ReadonlySet<Scope> {
  if (!member) return new Set();
  const rows = teamIds.flatMap((id) => state.teamMember(id, member.id) ?? []);
  const roles = [orgRoles[member.orgRole].minimumTeamRole, ...rows.map(({ teamRole }) => effectiveTeamRole(teamRole, member.orgRole))];
  return new Set(roles.flatMap((role) => scopesOfTeamRole(role, state.organization!)));
}

/**
 * @param options.collapseOrganization includes only the organization's id and slug (REST contract
 * 9.1)
 */
export async function presentProjectDetails(
  db: Db,
  reader: AuthorizedReader,
  project: ProjectRecord,
  { publicUrl, collapseOrganization }: { readonly publicUrl: string; readonly collapseOrganization: boolean },
): Promise<ResponseOf<typeof projectDetailsShape>> {
  const organization = reader.state.organization!;
  const [summary] = await presentProjectSummaries(db, reader, [project]);
  return {
    ...summary!,
    ...projectDefaults,
    ...(await readSettingsFor(db, reader, project)),
    color: colorOf(project.slug),
    organization: collapseOrganization ? { id: organization.id, slug: organization.slug } : presentOrganization(organization, publicUrl),
  };
}

/**
 * Presents summaries together with their organizations, for rows of several organizations. Leaves
 * out those of an organization to which the caller has lost access since the rows were read.
 */
export async function presentReachableProjects(
  db: Db,
  actor: Caller['actor'],
  rows: readonly ReachableProject[],
  publicUrl: string,
): Promise<ResponseOf<typeof reachableProjectShape>[]> {
  const shapes = new Map<string, ResponseOf<typeof reachableProjectShape>>();
  for (const orgId of new Set(rows.map((row) => row.orgId))) {
    const reader = await findReader(db, orgId, actor);
    if (!reader) continue;
    const projects = rows.filter((row) => row.orgId === orgId).map(({ project }) => project);
    const organization = presentOrganization(reader.state.organization!, publicUrl);
    for (const summary of await presentProjectSummaries(db, reader, projects)) shapes.set(summary.id, { ...summary, organization });
  }
  return rows.flatMap(({ project }) => shapes.get(project.id) ?? []);
}

/** A slug has the same color everywhere. */
function colorOf(slug: string): string {
  return `#${createHash('sha256').update(slug).digest('hex').slice(0, 6)}`;
}
