import { type AuthTokenRecord, isId, type MemberRecord, type OrgState, type ProjectRecord, type TeamRecord } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { type MemberWithTeams, readCallerStateWithTeam, readMemberWithTeams } from '../../database/records/caller-state-read.ts';
import { byIdOrSlug, readMembers, readProjects, readProjectTeams, readTeams } from '../../database/records/records-read.ts';
import type { TeamFacts } from '../../database/teams/team-facts.ts';
import { readOrgTokens } from '../../database/tokens/org-tokens.ts';
import { hasNoUser, memberOfActor, userIdOf } from '../../domain/actor.ts';
import { authorizeEntry, notFound } from '../../domain/authorize.ts';
import { isHiddenRequest } from '../../domain/invites/invites.ts';
import type { LoadContext } from '../command.ts';
import { loadActorState } from '../load-state.ts';

/**
 * Write path 2/5: reads the team, project or member that a path names, under the lock, for callers
 * who may enter the organization.
 */

/** The actor's state, once the actor may enter the organization. */
export async function loadEnteredState(tx: Tx, { orgId, actor }: LoadContext): Promise<OrgState> {
  const state = await loadActorState(tx, orgId, actor);
  authorizeEntry(state, actor);
  return state;
}

/** Adds the team to the state. Null if there is none, for which each path has its own error. */
export async function findTeam(tx: Tx, state: OrgState, segment: string): Promise<TeamRecord | null> {
  const [team] = await readTeams(tx, state.organization!.id, byIdOrSlug(segment));
  if (team) state.put('team', team);
  return team ?? null;
}

/** @throws OrgError `not-found` */
export async function loadTeam(tx: Tx, state: OrgState, segment: string): Promise<TeamRecord> {
  const team = await findTeam(tx, state, segment);
  if (!team) throw notFound();
  return team;
}

export interface LoadedTeam {
  readonly state: OrgState;
  readonly team: TeamRecord;
  /** Under the lock, before the command. */
  readonly teamFacts: TeamFacts;
}

/**
 * The actor's state with the team. Both are read by one statement, and the refusal of a caller who
 * may not enter takes precedence.
 * @throws OrgError as `loadEnteredState` and `loadTeam`
 */
export async function loadStateWithTeam(tx: Tx, { orgId, actor }: LoadContext, segment: string): Promise<LoadedTeam> {
  const found = await readCallerStateWithTeam(tx, orgId, userIdOf(actor), segment);
  if (!found) throw notFound();
  const { state, team } = found;
  authorizeEntry(state, actor);
  if (!team) throw notFound();
  state.put('team', team.record);
  return { state, team: team.record, teamFacts: team.facts };
}

/**
 * Adds the project and the teams it belongs to, on which access to it depends, to the state.
 * @throws OrgError `not-found`
 */
export async function loadProject(tx: Tx, state: OrgState, segment: string): Promise<ProjectRecord> {
  const orgId = state.organization!.id;
  const [project] = await readProjects(tx, orgId, byIdOrSlug(segment));
  if (!project) throw notFound('Project does not exist');
  state.put('project', project);
  for (const row of await readProjectTeams(tx, orgId, { projectIds: [project.id] })) state.put('project-team', row);
  return project;
}

/**
 * The member that `{member}` names, with their teams: a member id, or `me`. Requests that are not
 * approved are not found, and callers without a user find no member (REST contract 2, 6.1).
 * @throws OrgError `not-found`
 */
export async function loadTargetMember(tx: Tx, state: OrgState, segment: string, context: LoadContext): Promise<MemberRecord> {
  return targetMember(state, segment, context, await readTarget(tx, segment, context));
}

interface StateWithMember {
  readonly state: OrgState;
  readonly target: MemberRecord;
}

/**
 * The actor's state with the member that `{member}` names, as in `loadTargetMember`. Both are read
 * by statements that are sent together, and the refusal of a caller who may not enter takes
 * precedence.
 * @throws OrgError as `loadEnteredState` and `loadTargetMember`
 */
export async function loadStateWithMember(tx: Tx, context: LoadContext, segment: string): Promise<StateWithMember> {
  const [state, found] = await Promise.all([loadEnteredState(tx, context), readTarget(tx, segment, context)]);
  return { state, target: targetMember(state, segment, context, found) };
}

async function readTarget(tx: Tx, segment: string, { orgId }: LoadContext): Promise<MemberWithTeams | null> {
  return isId(segment) ? readMemberWithTeams(tx, orgId, segment) : null;
}

function targetMember(state: OrgState, segment: string, { actor }: LoadContext, found: MemberWithTeams | null): MemberRecord {
  if (hasNoUser(actor)) throw notFound();
  const own = memberOfActor(state, actor);
  if (segment === 'me' && own) return own;
  if (found?.member.inviteStatus !== 'approved') throw notFound();
  state.put('member', found.member);
  for (const row of found.teamMembers) state.put('team-member', row);
  return found.member;
}

/**
 * As `loadStateWithMember`, with the team that `{team}` names.
 * @throws OrgError as `loadStateWithMember`, or `not-found`
 */
export async function loadStateWithMemberAndTeam(
  tx: Tx,
  context: LoadContext,
  { member, team: segment }: { readonly member: string; readonly team: string },
): Promise<StateWithMember & { readonly team: TeamRecord }> {
  const [found, [team]] = await Promise.all([loadStateWithMember(tx, context, member), readTeams(tx, context.orgId, byIdOrSlug(segment))]);
  if (!team) throw notFound();
  found.state.put('team', team);
  return { ...found, team };
}

/**
 * The request that `{member}` names. Members and invites are not requests, and callers without a
 * user find none (REST contract 2, 7.2). A hidden request is found only if `findsHidden` is set,
 * for a command that refuses it with its own error.
 * @throws OrgError `not-found`
 */
export async function loadInviteRequest(
  tx: Tx,
  state: OrgState,
  segment: string,
  { orgId, actor }: LoadContext,
  findsHidden = false,
): Promise<MemberRecord> {
  if (hasNoUser(actor) || !isId(segment)) throw notFound();
  const [request] = await readMembers(tx, orgId, { ids: [segment] });
  if (!request || request.inviteStatus === 'approved') throw notFound();
  if (isHiddenRequest(request, state.organization!) && !findsHidden) throw notFound();
  return request;
}

/** @throws OrgError `not-found` */
export async function loadOrgToken(tx: Tx, orgId: string, segment: string): Promise<AuthTokenRecord> {
  const [token] = isId(segment) ? await readOrgTokens(tx, orgId, segment) : [];
  if (!token) throw notFound();
  return token.record;
}
