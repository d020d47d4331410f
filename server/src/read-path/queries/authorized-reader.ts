import { isId, type MemberRecord, type OrgState, type ProjectRecord, type Scope, type TeamRecord } from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
import { readCallerState } from '../../database/records/caller-state-read.ts';
import { byIdOrSlug, readProjects, readProjectTeams, readTeams } from '../../database/records/records-read.ts';
import { type Actor, type CallingActor, memberOfActor, userIdOf } from '../../domain/actor.ts';
import { authorize, authorizeEntry, denialOf, notFound } from '../../domain/authorize.ts';
import { readStateForCaller } from './organizations/find-organization.ts';

/** A reading caller, with the part of the state against which their access is evaluated. */
export interface AuthorizedReader {
  readonly state: OrgState;
  readonly actor: Actor;
  /** Null for a token without a user. */
  readonly member: MemberRecord | null;
}

/**
 * Authorizes a caller before anything in the organization is looked up (REST contract 3.1).
 * @param scopes the caller must hold one of these; if absent, access suffices
 * @throws OrgError `not-found`, `forbidden`, `two-factor-required`
 */
export async function authorizeReader(db: Db, orgId: string, actor: Actor, scopes?: readonly Scope[]): Promise<AuthorizedReader> {
  const state = await readStateForCaller(db, orgId, actor);
  if (scopes) authorize(state, actor, scopes);
  else authorizeEntry(state, actor);
  return readerOf(state, actor);
}

/**
 * The reader of an organization that an earlier statement found. Null if the caller's access has
 * ended since.
 */
export async function findReader(db: Db, orgId: string, actor: CallingActor): Promise<AuthorizedReader | null> {
  const state = await readCallerState(db, orgId, userIdOf(actor));
  return state && denialOf(state, actor) === null ? readerOf(state, actor) : null;
}

/**
 * @param state contains the organization, and the caller's own member with teams, as in
 * `authorizeReader`
 */
export function readerOf(state: OrgState, actor: Actor): AuthorizedReader {
  return { state, actor, member: memberOfActor(state, actor) };
}

/**
 * The team that a path names, for a caller with one of the scopes on it (REST contract 8.3).
 * @throws OrgError `not-found`, `forbidden`
 */
export async function findTeamFor(
  db: Db,
  { state, actor }: AuthorizedReader,
  segment: string,
  scopes: readonly Scope[],
): Promise<TeamRecord> {
  const [team] = await readTeams(db, state.organization!.id, byIdOrSlug(segment));
  if (!team) throw notFound();
  state.put('team', team);
  authorize(state, actor, scopes, { teamId: team.id });
  return team;
}

/** The team that a path below a member names. Membership in the organization suffices. */
export async function findTeam(db: Db, { state }: AuthorizedReader, segment: string): Promise<TeamRecord> {
  const [team] = await readTeams(db, state.organization!.id, byIdOrSlug(segment));
  if (!team) throw notFound();
  return team;
}

export interface FoundProject {
  readonly project: ProjectRecord;
  /** Whether the path named an earlier slug. */
  readonly isMoved: boolean;
}

/**
 * The project that a path names by id, slug or earlier slug, for a caller with one of the scopes on
 * it (REST contract 9.1, 9.4).
 * @throws OrgError `not-found`, `forbidden`
 */
export async function findProjectFor(
  db: Db,
  { state, actor }: AuthorizedReader,
  segment: string,
  scopes: readonly Scope[],
): Promise<FoundProject> {
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
