import { isId, type MemberRecord, type OrgState, type ProjectRecord, type Scope, type TeamRecord } from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
import { byIdOrSlug, readProjects, readProjectTeams, readTeams } from '../../database/records/records-read.ts';
import { type Actor, memberOfActor } from '../../domain/actor.ts';
import { authorize, authorizeEntry, notFound } from '../../domain/authorize.ts';
import { readStateForCaller } from './organizations/find-organization.ts';

/** Who reads, and the part of the state they are judged by. */
export interface Viewer {
  readonly state: OrgState;
  readonly actor: Actor;
  /** Null for a token without a user. */
  readonly member: MemberRecord | null;
}

/**
 * Lets a caller in, before anything in the organization is looked up (REST contract 3.1).
 * @param scopes one of which they must hold; absent asks only for access
 * @throws OrgError `not-found`, `forbidden`, `two-factor-required`
 */
export async function readViewer(db: Db, orgId: string, actor: Actor, scopes?: readonly Scope[]): Promise<Viewer> {
  const state = await readStateForCaller(db, orgId, actor);
  authorizeEntry(state, actor);
  if (scopes) authorize(state, actor, scopes);
  return viewerOf(state, actor);
}

/** @param state with the organization, and the caller's own member with teams, as in `readViewer` */
export function viewerOf(state: OrgState, actor: Actor): Viewer {
  return { state, actor, member: memberOfActor(state, actor) };
}

/**
 * The team a path names, for somebody who holds one of the scopes on it (REST contract 8.3).
 * @throws OrgError `not-found`, `forbidden`
 */
export async function findTeamFor(db: Db, { state, actor }: Viewer, segment: string, scopes: readonly Scope[]): Promise<TeamRecord> {
  const [team] = await readTeams(db, state.organization!.id, byIdOrSlug(segment));
  if (!team) throw notFound();
  state.put('team', team);
  authorize(state, actor, scopes, { teamId: team.id });
  return team;
}

/** The team a path below a member names: being a member is enough to ask. */
export async function findTeam(db: Db, { state }: Viewer, segment: string): Promise<TeamRecord> {
  const [team] = await readTeams(db, state.organization!.id, byIdOrSlug(segment));
  if (!team) throw notFound();
  return team;
}

export interface FoundProject {
  readonly project: ProjectRecord;
  /** The path named an earlier slug. */
  readonly isMoved: boolean;
}

/**
 * The project a path names, by id, slug or an earlier slug, for somebody who holds one of the scopes on it (REST contract 9.1, 9.4).
 * @throws OrgError `not-found`, `forbidden`
 */
export async function findProjectFor(db: Db, { state, actor }: Viewer, segment: string, scopes: readonly Scope[]): Promise<FoundProject> {
  const orgId = state.organization!.id;
  const [named] = await readProjects(db, orgId, byIdOrSlug(segment));
  const project = named ?? (await readMovedProject(db, orgId, segment));
  if (!project) throw notFound('Project does not exist');
  state.put('project', project);
  for (const row of await readProjectTeams(db, orgId, { projectIds: [project.id] })) state.put('project-team', row);
  authorize(state, actor, scopes, { projectId: project.id });
  return { project, isMoved: !named };
}

async function readMovedProject(db: Db, orgId: string, slug: string): Promise<ProjectRecord | null> {
  if (isId(slug)) return null;
  const row = await db
    .selectFrom('project_redirects')
    .select('project_id')
    .where('organization_id', '=', orgId)
    .where('slug', '=', slug)
    .executeTakeFirst();
  const [project] = row ? await readProjects(db, orgId, { ids: [row.project_id] }) : [];
  return project ?? null;
}
