import {
  apiLimits,
  type LogChange,
  OrgError,
  type OrgState,
  type ProjectRecord,
  projectTeamId,
  type TeamRecord,
  teamMemberId,
  toStoredTeamRole,
} from '@rollcall/protocol';
import { endRedirect } from '../../../database/projects/project-redirects.ts';
import { byIdOrSlug, readProjects, readTeams } from '../../../database/records/records-read.ts';
import { pipeline } from '../../../database/transact.ts';
import { type Actor, memberOfActor } from '../../../domain/actor.ts';
import { projectEvent, teamEvent } from '../../../domain/audit/audit.ts';
import { authorize, isAuthorized, notFound } from '../../../domain/authorize.ts';
import { created, stateAfter } from '../../../domain/changes.ts';
import { platformErrors, projectSlugErrors, reservedNameErrors, reservedProjectNames } from '../../../domain/projects/project-errors.ts';
import { defaultKeyName, newProjectKey, publicKeyBytes } from '../../../domain/projects/project-keys.ts';
import { chooseFreeSlug, slugify } from '../../../domain/slugs.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../command.ts';
import { allocateIds } from '../../load-state.ts';
import { loadEnteredState } from '../load-by-path.ts';
import { loadSlugFacts, type SlugFacts } from '../slug-facts.ts';
import { teamSlugTaken } from '../teams/create-team.ts';

export interface CreateProject {
  /**
   * Id or slug of the project's first team. If null, a team is created for the project, with the
   * caller as its Team Admin.
   */
  readonly team: string | null;
  /** Empty only if it could not be parsed. */
  readonly name: string;
  /** If null, the slug is derived from the name. */
  readonly slug: string | null;
  readonly platform: string | null;
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly keyId: string;
  readonly slugs: SlugFacts;
  /** The requested team, or the facts for creating one. */
  readonly team: { readonly found: TeamRecord } | { readonly id: string; readonly slugs: SlugFacts };
}

export interface CreatedProject {
  readonly project: ProjectRecord;
  readonly team: TeamRecord;
  /** The state against which the actor was authorized, with the changes of the command. */
  readonly state: OrgState;
}

const teamSlugPrefix = 'team-';
/** Leaves room for a hyphen and the longest suffix. */
const wantedTeamSlugLengthMax = apiLimits.slugLengthMax - 13;

function projectSlugTaken(): OrgError {
  return new OrgError('already-exists', 'A project with this slug already exists.');
}

/** Creates a project with a key, on a given team or on a new one (REST contract 9.3). */
export const createProject: Command<CreateProject, Facts, CreatedProject> = {
  name: 'create-project',

  async load(tx, input, context) {
    const { orgId, actor } = context;
    const [state, ids, slugs, [found]] = await Promise.all([
      loadEnteredState(tx, context),
      allocateIds(tx, 2),
      loadSlugFacts(wantedSlug(input), (taken) => readProjects(tx, orgId, { slugs: taken })),
      input.team === null ? [] : readTeams(tx, orgId, byIdOrSlug(input.team)),
    ]);
    const [id, teamId] = ids as [string, string];
    const keyId = randomHex(publicKeyBytes);
    if (input.team !== null) {
      if (!found) throw notFound();
      state.put('team', found);
      return { state, id, keyId, slugs, team: { found } };
    }
    const teamSlugs = await loadSlugFacts(wantedTeamSlug(state, actor, input), (taken) => readTeams(tx, orgId, { slugs: taken }));
    return { state, id, keyId, slugs, team: { id: teamId, slugs: teamSlugs } };
  },

  decide(input, facts, { actor, now, refuseInvalid }) {
    const { state, id, keyId, slugs } = facts;
    if ('found' in facts.team) {
      authorize(state, actor, ['project:write', 'project:admin'], { teamId: facts.team.found.id });
    } else {
      authorize(state, actor, ['project:read', 'project:write', 'project:admin']);
    }
    refuseInvalid(reservedNameErrors(input.name), projectSlugErrors(input.slug), platformErrors(input.platform));
    refuseWhereMembersMayNot(state, actor, 'found' in facts.team ? facts.team.found : null);

    if (input.slug !== null && slugs.taken.has(input.slug)) throw projectSlugTaken();
    const isTaken = (slug: string) => slugs.taken.has(slug) || reservedProjectNames.has(slug);
    const slug = input.slug ?? chooseFreeSlug(wantedSlug(input), isTaken, slugs.suffixes);
    const project: ProjectRecord = { id, slug, name: input.name, platform: input.platform, dateCreated: now };
    const { team, changes } =
      'found' in facts.team ? { team: facts.team.found, changes: [] } : makeTeam(state, actor, input, facts.team, now);
    const projectTeam = { id: projectTeamId(id, team.id), projectId: id, teamId: team.id };
    const key = newProjectKey({ id: keyId, projectId: id, name: defaultKeyName, now });
    const allChanges = [...changes, created('project', project), created('project-team', projectTeam), created('project-key', key)];
    const audit = [projectEvent('project.create', project, `created project ${slug}`)];
    if (changes.length > 0) audit.push(teamEvent('team-and-project.created', team, `created team ${team.slug} and project ${slug}`));
    return { changes: allChanges, audit, result: { project, team, state: stateAfter(state, allChanges) } };
  },

  // A later project that gets an old slug ends the redirect from it (REST contract 9.4).
  async persistSideEffects(tx, { result }, { orgId }) {
    pipeline(endRedirect(tx, orgId, result.project.slug));
  },

  conflicts: { projects_organization_id_slug_key: projectSlugTaken, teams_organization_id_slug_key: teamSlugTaken },
};

function wantedSlug({ slug, name }: CreateProject): string {
  return slug ?? slugify(name).slice(0, apiLimits.slugLengthMax);
}

/**
 * The team is named after the local part of the caller's address (REST contract 9.3). If addresses
 * are hidden from members, it is named after the project.
 */
function wantedTeamSlug(state: OrgState, actor: Actor, input: CreateProject): string {
  const { enhancedPrivacy } = state.organization!;
  const [localPart = ''] = (memberOfActor(state, actor)?.email ?? '').split('@');
  const stem = enhancedPrivacy ? wantedSlug(input) : slugify(localPart);
  return `${teamSlugPrefix}${stem}`.slice(0, wantedTeamSlugLengthMax);
}

/** @throws OrgError `forbidden` if only managers and admins of the team may create projects */
function refuseWhereMembersMayNot(state: OrgState, actor: Actor, team: TeamRecord | null): void {
  if (state.organization!.allowMemberProjectCreation || isAuthorized(state, actor, 'org:write')) return;
  if (team && isAuthorized(state, actor, 'team:admin', { teamId: team.id })) return;
  throw new OrgError('forbidden', 'Your organization has disabled this feature for members.');
}

function makeTeam(
  state: OrgState,
  actor: Actor,
  input: CreateProject,
  { id, slugs }: { readonly id: string; readonly slugs: SlugFacts },
  now: string,
): { team: TeamRecord; changes: LogChange[] } {
  const creator = memberOfActor(state, actor);
  if (!creator) {
    throw new OrgError('forbidden', 'You must be a member of the organization to join a new team as a Team Admin');
  }
  const slug = chooseFreeSlug(wantedTeamSlug(state, actor, input), (one) => slugs.taken.has(one), slugs.suffixes);
  const team: TeamRecord = { id, slug, name: slug, dateCreated: now, flags: { 'idp:provisioned': false } };
  const teamRole = toStoredTeamRole('admin', creator.orgRole);
  const membership = { id: teamMemberId(id, creator.id), teamId: id, memberId: creator.id, teamRole };
  return { team, changes: [created('team', team), created('team-member', membership)] };
}
