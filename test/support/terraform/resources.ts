import assert from 'node:assert/strict';
import * as z from 'zod';
import type { GoClient } from './go-client.ts';
import {
  keyShape,
  listedProjectShape,
  memberShape,
  memberWithRolesShape,
  organizationShape,
  type Project,
  projectShape,
  teamMemberShape,
  teamShape,
} from './shapes.ts';

/**
 * The calls of Terraform's provider for Sentry to create, read, change and remove each kind of
 * resource, and what it keeps of the responses.
 */

const anything = z.unknown();

class Resource {
  readonly client: GoClient;
  /** The organization to which it belongs. */
  readonly org: string;

  constructor(client: GoClient, org = '') {
    this.client = client;
    this.org = org;
  }
}

export class OrganizationResource extends Resource {
  async create(plan: { name: string; slug: string } & Record<string, unknown>) {
    const { name, slug, ...settings } = plan;
    const created = await this.client.expect(201, organizationShape, 'POST', '/organizations/', { name, slug, agreeTerms: true });
    return this.update(created.slug, { name, ...settings });
  }

  async update(slug: string, changes: Record<string, unknown>) {
    await this.client.expect(200, organizationShape, 'PUT', `/organizations/${slug}/`, changes);
    return this.client.expect(200, organizationShape, 'GET', `/organizations/${slug}/`);
  }

  read = (slug: string) => this.client.find(organizationShape, `/organizations/${slug}/`);
  remove = (slug: string) => this.client.remove(`/organizations/${slug}/`, 202);
}

export class TeamResource extends Resource {
  async create(plan: { name: string; slug?: string }) {
    const { slug } = await this.client.expect(201, teamShape, 'POST', `/organizations/${this.org}/teams/`, plan);
    return this.read(slug);
  }

  async update(slug: string, plan: { name: string; slug: string }) {
    const changed = await this.client.expect(200, teamShape, 'PUT', `/teams/${this.org}/${slug}/`, plan);
    return this.read(changed.slug);
  }

  read = (slug: string) => this.client.find(teamShape, `/teams/${this.org}/${slug}/`);
  remove = (slug: string) => this.client.remove(`/teams/${this.org}/${slug}/`);
}

export class MemberResource extends Resource {
  async create(plan: { email: string; orgRole: string }) {
    const { id } = await this.client.expect(201, memberShape, 'POST', `/organizations/${this.org}/members/`, plan);
    return this.read(id);
  }

  /** Teams are sent back as they were read, because an older Sentry removes them otherwise. */
  async update(id: string, orgRole: string) {
    const { teamRoles } = (await this.#find(id))!;
    await this.client.expect(200, memberWithRolesShape, 'PUT', this.#path(id), { orgRole, teamRoles });
    return this.read(id);
  }

  async read(id: string) {
    const found = await this.#find(id);
    return found && { id: found.id, email: found.email, role: found.orgRole, pending: found.pending, expired: found.expired };
  }

  remove = (id: string) => this.client.remove(this.#path(id));

  #path = (id: string) => `/organizations/${this.org}/members/${id}/`;
  #find = (id: string) => this.client.find(memberWithRolesShape, this.#path(id));
}

export class TeamMemberResource extends Resource {
  async create(plan: { memberId: string; team: string; role: string | null }) {
    await this.client.expect(201, anything, 'POST', this.#path(plan), {});
    return plan.role === null ? this.read(plan) : this.update(plan);
  }

  async update(plan: { memberId: string; team: string; role: string | null }) {
    const { isActive } = await this.client.expect(200, teamMemberShape, 'PUT', this.#path(plan), { teamRole: plan.role });
    assert.ok(isActive, 'the provider treats a team member that is not active as a failure');
    return this.read(plan);
  }

  /** The effective role: the organization role's minimum, the role on the team, or the lowest. */
  async read({ memberId, team }: { memberId: string; team: string }) {
    const org = await this.client.expect(200, organizationShape, 'GET', `/organizations/${this.org}/`);
    const member = await this.client.find(memberWithRolesShape, `/organizations/${this.org}/members/${memberId}/`);
    if (!member) return null;
    const teamRoles = org.teamRoleList.map(({ id }) => id);
    const minimum = org.orgRoleList.find(({ id }) => id === member.orgRole)?.minimumTeamRole ?? '';
    const given = member.teamRoles.find(({ teamSlug }) => teamSlug === team)?.role;
    const effectiveRole =
      teamRoles.indexOf(minimum) > 0 ? minimum : (teamRoles.find((role) => role === given) ?? member.teamRoleList[0]!.id);
    return { team, memberId, effectiveRole };
  }

  remove = (row: { memberId: string; team: string }) => this.client.remove(this.#path(row), 200);

  #path = ({ memberId, team }: { memberId: string; team: string }) => `/organizations/${this.org}/members/${memberId}/teams/${team}/`;
}

export interface ProjectPlan {
  readonly teams: readonly string[];
  readonly name: string;
  readonly slug?: string;
  readonly platform: string;
  /** False removes the key that a new project has. */
  readonly defaultKey?: boolean;
  /** The settings that the provider sends. The server computes the others. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export class ProjectResource extends Resource {
  async create({ teams, name, slug, platform, defaultKey = true, settings = {} }: ProjectPlan) {
    const body = { name, platform, ...(slug === undefined ? {} : { slug }), default_rules: true };
    const created = await this.client.expect(201, listedProjectShape, 'POST', `/teams/${this.org}/${teams[0]}/projects/`, body);
    const named = { name, platform, ...(slug === undefined ? {} : { slug }) };
    const updated = await this.client.expect(200, projectShape, 'PUT', this.#path(created.slug), { ...named, ...settings });
    if (!defaultKey) await this.#removeDefaultKey(updated);
    for (const team of teams.slice(1)) await this.#addTeam(updated.slug, team);
    return this.read(updated.slug);
  }

  async update(
    slug: string,
    changes: Readonly<Record<string, unknown>>,
    teams: { add?: readonly string[]; remove?: readonly string[] } = {},
  ) {
    const updated = await this.client.expect(200, projectShape, 'PUT', this.#path(slug), changes);
    for (const team of teams.add ?? []) await this.#addTeam(updated.slug, team);
    for (const team of teams.remove ?? []) {
      await this.client.expect(200, anything, 'DELETE', `${this.#path(updated.slug)}teams/${team}/`);
    }
    return this.read(updated.slug);
  }

  async read(slug: string) {
    const project = await this.client.find(projectShape, this.#path(slug));
    return project && stateOf(project);
  }

  remove = (slug: string) => this.client.remove(this.#path(slug));

  #path = (slug: string) => `/projects/${this.org}/${slug}/`;
  #addTeam = (slug: string, team: string) => this.client.expect(201, anything, 'POST', `${this.#path(slug)}teams/${team}/`);

  async #removeDefaultKey({ id, slug }: Project): Promise<void> {
    const keys = await this.client.listAll(keyShape, `${this.#path(slug)}keys/`);
    const found = keys.find(({ name }) => name === 'Default');
    if (found) await this.client.remove(`${this.#path(id)}keys/${found.id}/`);
  }
}

/** A project in Terraform's state. */
function stateOf(project: Project) {
  const linesOf = (option: string) => {
    const value = project.options?.[option];
    if (typeof value !== 'string') throw new Error(`invalid type for ${option}: ${typeof value}`);
    return value === '' ? [] : value.split('\n').sort();
  };
  return {
    id: project.slug,
    organization: project.organization.slug,
    internalId: project.id,
    name: project.name,
    slug: project.slug,
    platform: project.platform,
    teams: project.teams.map(({ slug }) => slug).sort(),
    features: project.features,
    digestsMinDelay: project.digestsMinDelay,
    digestsMaxDelay: project.digestsMaxDelay,
    resolveAge: project.resolveAge,
    filters: {
      blacklistedIps: linesOf('filters:blacklisted_ips'),
      releases: linesOf('filters:releases'),
      errorMessages: linesOf('filters:error_messages'),
    },
    fingerprintingRules: project.fingerprintingRules.trim(),
    groupingEnhancements: project.groupingEnhancements.trim(),
    clientSecurity: {
      allowedDomains: [...project.allowedDomains].sort(),
      scrapeJavaScript: project.scrapeJavaScript,
      securityToken: project.securityToken,
      securityTokenHeader: project.securityTokenHeader,
      verifySSL: project.verifySSL,
    },
    highlightTags: project.highlightTags && [...project.highlightTags].sort(),
  };
}

export class KeyResource extends Resource {
  readonly #keys: string;

  constructor(client: GoClient, org: string, project: string) {
    super(client, org);
    this.#keys = `/projects/${org}/${project}/keys/`;
  }

  create = (plan: Readonly<Record<string, unknown>>) => this.client.expect(201, keyShape, 'POST', this.#keys, plan);
  update = (id: string, plan: Readonly<Record<string, unknown>>) => this.client.expect(200, keyShape, 'PUT', `${this.#keys}${id}/`, plan);
  read = (id: string) => this.client.find(keyShape, `${this.#keys}${id}/`);
  remove = (id: string) => this.client.remove(`${this.#keys}${id}/`);
  list = () => this.client.listAll(keyShape, this.#keys);
}
