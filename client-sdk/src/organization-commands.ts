import { OrgError, type OrgRoleId, revisionSchema, type Scope, type TeamRoleId, type Why } from '@rollcall/protocol';
import * as z from 'zod/mini';
import type { LocalDecision, LocalOn, LocalWho } from './local-can.ts';
import type { CommandOptions, CommandResult, RestClient } from './rest.ts';
import type {
  MemberChanges,
  NewInvite,
  NewProject,
  NewTeam,
  OrganizationChanges,
  ProjectChanges,
  RestMember,
  RestMemberDetails,
  RestOrganization,
  RestProject,
  RestTeam,
  RestTeamMembership,
} from './rest-shapes.ts';
import type { WaitOptions } from './waiting.ts';

type Result<T> = Promise<CommandResult<T>>;

/** A newer server may have other reasons. */
const decisionSchema = z.looseObject({ allowed: z.boolean(), why: z.string(), revision: revisionSchema });

/**
 * The commands of one organization. Each is one transaction and one revision, refused or done; the answer's `revision`
 * goes to `waitFor` for reading one's own write. Teams and projects are named by slug or id, members by id, oneself by
 * `me`. Failures are `OrgError`.
 */
export abstract class OrganizationCommands {
  readonly #rest: RestClient;

  /** @internal */
  constructor(rest: RestClient) {
    this.#rest = rest;
  }

  protected abstract get organizationKey(): string;

  /** `can` as the server answers it now, by what the caller may see. */
  protected async askServer(
    who: LocalWho,
    scope: Scope | readonly Scope[],
    on: LocalOn | undefined,
    options?: WaitOptions,
  ): Promise<LocalDecision> {
    const scopes = typeof scope === 'string' ? [scope] : scope;
    const query = [...Object.entries({ ...who, ...on }), ...scopes.map((one): [string, string] => ['scope', one])];
    const answer = decisionSchema.safeParse(await this.#rest.read(this.#here('can'), query, options));
    if (!answer.success) throw new OrgError('internal', 'The server answered in a way that could not be read.', { cause: answer.error });
    const { allowed, why, revision } = answer.data;
    return { allowed, why: why as Why, revision, fresh: true };
  }

  updateOrganization(changes: OrganizationChanges, options?: CommandOptions): Result<RestOrganization> {
    return this.#rest.send('PUT', this.#here(), changes, options);
  }

  /** Takes effect after a day, in which `restoreOrganization` takes it back. */
  removeOrganization(options?: CommandOptions): Result<RestOrganization> {
    return this.#rest.send('DELETE', this.#here(), undefined, options);
  }

  restoreOrganization(options?: CommandOptions): Result<RestOrganization> {
    return this.#rest.send('PUT', this.#here(), { cancelDeletion: true }, options);
  }

  inviteMember(invite: NewInvite, options?: CommandOptions): Result<RestMember> {
    return this.#rest.send('POST', this.#here('members'), invite, options);
  }

  /** Sends the mail again. An expired invite, or a new link, needs `regenerate`. */
  reinviteMember(memberId: string, { regenerate = false }: { readonly regenerate?: boolean } = {}, options?: CommandOptions) {
    return this.#rest.send<RestMemberDetails>('PUT', this.#here('members', memberId), { reinvite: true, regenerate }, options);
  }

  updateMember(memberId: string, changes: MemberChanges, options?: CommandOptions): Result<RestMemberDetails> {
    return this.#rest.send('PUT', this.#here('members', memberId), changes, options);
  }

  changeMemberRole(memberId: string, orgRole: OrgRoleId, options?: CommandOptions): Result<RestMemberDetails> {
    return this.updateMember(memberId, { orgRole }, options);
  }

  /** Removes a member or takes back an invite; `me` leaves the organization. */
  removeMember(memberId: string, options?: CommandOptions): Result<null> {
    return this.#rest.send('DELETE', this.#here('members', memberId), undefined, options);
  }

  createTeam(team: NewTeam, options?: CommandOptions): Result<RestTeam> {
    return this.#rest.send('POST', this.#here('teams'), team, options);
  }

  updateTeam(team: string, changes: NewTeam, options?: CommandOptions): Result<RestTeam> {
    return this.#rest.send('PUT', ['teams', this.organizationKey, team], changes, options);
  }

  removeTeam(team: string, options?: CommandOptions): Result<null> {
    return this.#rest.send('DELETE', ['teams', this.organizationKey, team], undefined, options);
  }

  /** Status 201 when done, 204 when already on the team, 202 when others must approve it. Only 201 brings the team. */
  addTeamMember(team: string, memberId: string, options?: CommandOptions): Result<RestTeam | null> {
    return this.#rest.send('POST', this.#here('members', memberId, 'teams', team), undefined, options);
  }

  changeTeamRole(team: string, memberId: string, teamRole: TeamRoleId, options?: CommandOptions): Result<RestTeamMembership> {
    return this.#rest.send('PUT', this.#here('members', memberId, 'teams', team), { teamRole }, options);
  }

  removeTeamMember(team: string, memberId: string, options?: CommandOptions): Result<RestTeam> {
    return this.#rest.send('DELETE', this.#here('members', memberId, 'teams', team), undefined, options);
  }

  joinTeam(team: string, options?: CommandOptions): Result<RestTeam | null> {
    return this.addTeamMember(team, 'me', options);
  }

  leaveTeam(team: string, options?: CommandOptions): Result<RestTeam> {
    return this.removeTeamMember(team, 'me', options);
  }

  createProject({ team, ...project }: NewProject, options?: CommandOptions): Result<RestProject> {
    const path = team === undefined ? this.#here('projects') : ['teams', this.organizationKey, team, 'projects'];
    return this.#rest.send('POST', path, project, options);
  }

  updateProject(project: string, changes: ProjectChanges, options?: CommandOptions): Result<RestProject> {
    return this.#rest.send('PUT', ['projects', this.organizationKey, project], changes, options);
  }

  removeProject(project: string, options?: CommandOptions): Result<null> {
    return this.#rest.send('DELETE', ['projects', this.organizationKey, project], undefined, options);
  }

  assignProject(project: string, team: string, options?: CommandOptions): Result<RestProject> {
    return this.#rest.send('POST', ['projects', this.organizationKey, project, 'teams', team], undefined, options);
  }

  unassignProject(project: string, team: string, options?: CommandOptions): Result<RestProject> {
    return this.#rest.send('DELETE', ['projects', this.organizationKey, project, 'teams', team], undefined, options);
  }

  #here(...path: readonly string[]): string[] {
    return ['organizations', this.organizationKey, ...path];
  }
}
