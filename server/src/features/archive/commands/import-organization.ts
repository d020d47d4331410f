import {
  defaultOrgSso,
  type IpAllowListRecord,
  type LogChange,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRoleId,
  projectTeamId,
  type TeamMemberRecord,
  teamMemberId,
  type VerifiedDomainRecord,
  type WebhookRecord,
} from '@rollcall/protocol';
import { setConsumerActive, startConsumer } from '../../../consumers/checkpoints.ts';
import { readJoiningUsers, type StoredUser } from '../../../database/identity/users-read.ts';
import { readTakenOrgSlugs } from '../../../database/organizations/organizations-read.ts';
import { saveChallenge } from '../../../database/security/verified-domains.ts';
import { parseAddressRules } from '../../../domain/address-rules.ts';
import { organizationEvent } from '../../../domain/audit/audit.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { inviteExpiry } from '../../../domain/invites/invites.ts';
import { pendingMember } from '../../../domain/invites/pending-member.ts';
import { retiredRole } from '../../../domain/members/role-assignment.ts';
import { isExpired } from '../../../domain/organizations/ip-allow-list.ts';
import { newMember } from '../../../domain/organizations/new-organization.ts';
import { orgSlugProblem } from '../../../domain/organizations/org-slugs.ts';
import { publicKeyBytes } from '../../../domain/projects/project-keys.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../../write-path/command.ts';
import { invitationMail } from '../../../write-path/commands/invites/invitation-mail.ts';
import { type InviteToken, saveInviteTokens } from '../../../write-path/commands/invites/save-invite-tokens.ts';
import { allocateIds } from '../../../write-path/load-state.ts';
import { newChallenge } from '../../single-sign-on/commands/domains/add-domain.ts';
import { newWebhookSecret, saveWebhookSecret, webhookSecretOwner } from '../../webhooks/commands/webhook-secret.ts';
import { hostOfWebhook } from '../../webhooks/domain/webhook.ts';
import type { ParsedArchive } from '../domain/parsed-archive.ts';

export interface ImportOrganization {
  readonly archive: ParsedArchive;
  readonly ownerId: string;
  /** Whether the invitations are mailed. */
  readonly sendsInvites: boolean;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts {
  readonly ids: readonly string[];
  readonly keyIds: readonly string[];
  readonly nonces: readonly string[];
  readonly owner: StoredUser | null;
  readonly taken: ReadonlySet<string>;
  readonly key: KeyRing;
}

export interface ImportedOrganization {
  readonly organization: OrganizationRecord;
  readonly counts: Readonly<Record<string, number>>;
  /** People without an address, requests to join and second invites of an address. */
  readonly skippedPeople: number;
  readonly tokens: readonly InviteToken[];
  readonly drafts: Drafts;
}

/** Records that would give access or send data. An owner must switch them on again. */
interface Drafts {
  readonly lists: readonly IpAllowListRecord[];
  readonly domains: readonly VerifiedDomainRecord[];
  readonly webhooks: readonly WebhookRecord[];
}

/** The number of suffixes that are tried if a slug is taken: `acme-2` and so on. */
const slugNumberMax = 50;

/**
 * Creates an organization from an exported file, with new ids. Its people become invites, except
 * the owner that the operator names. Nothing that gives access or sends data is switched on: the
 * list of addresses is off, domains are unverified and webhooks disabled. What needs a secret of
 * another service is not created: identity providers and integrations (REST contract 13.16).
 * `orgId` of the call is a new id.
 */
export const importOrganization: Command<ImportOrganization, Facts, ImportedOrganization> = {
  name: 'import-organization',
  createsOrganization: true,

  async load(tx, { archive, ownerId, key }, { deriveToken }) {
    const { member, team, project, webhook } = archive;
    const rules = archive['ip-allow-list'].flatMap((list) => list.rules);
    const count = [member, team, project, webhook, archive['verified-domain'], rules].reduce((sum, { length }) => sum + length, 1);
    const ids = await allocateIds(tx, count);
    const [owner = null] = await readJoiningUsers(tx, [ownerId]);
    const taken = await readTakenOrgSlugs(tx, slugsFor(archive.organization.slug));
    const keyIds = archive['project-key'].map(() => randomHex(publicKeyBytes));
    return { ids, keyIds, nonces: archive.member.map(() => deriveToken.newNonce()), owner, taken, key };
  },

  decide({ archive, ownerId, sendsInvites }, facts, { orgId, actor, now, invites, inviteDays, retiredRoles, refuseInvalid }) {
    if (actor.kind !== 'operator') throw forbidden();
    const { owner } = facts;
    refuseInvalid(ownerErrors(ownerId, owner));
    const slugs = slugsFor(archive.organization.slug);
    const slug = slugs.find((one) => orgSlugProblem(one, (taken) => facts.taken.has(taken)) === null);
    refuseInvalid(slug === undefined ? { slug: [`The slug "${archive.organization.slug}" and those after it are not available.`] } : {});

    const ids = new IdMap(facts.ids);
    const organization: OrganizationRecord = {
      ...archive.organization,
      ...defaultOrgSso,
      ...{ id: orgId, slug: slug!, status: 'active', avatarType: 'letter_avatar', avatarUuid: null },
    };
    const ownMember = newMember({ id: ids.next(), user: owner!, orgRole: 'owner', now });
    const people = new People(archive.member, owner!.email);
    refuseInvalid(roleErrors(people, organization, retiredRoles));
    const members = people.invited.map(({ id, email, orgRole }) =>
      pendingMember(
        {
          ...{ id: ids.add('member', id), email, orgRole, inviteStatus: 'approved', now },
          inviteExpiresAt: invites === 'on' ? inviteExpiry(now, inviteDays) : null,
        },
        ownMember,
      ),
    );
    for (const id of people.own) ids.set('member', id, ownMember.id);
    const drafts = draftsOf(archive, ids, orgId, now);
    const changes = [
      created('organization', organization),
      created('member', ownMember),
      ...members.map((member) => created('member', member)),
      ...createdTeamsAndProjects(archive, ids, facts.keyIds),
      ...drafts.lists.map((record) => created('ip-allow-list', record)),
      ...drafts.domains.map((record) => created('verified-domain', record)),
      ...drafts.webhooks.map((record) => created('webhook', record)),
    ];
    const tokens = invites === 'on' ? members.map(({ id }, index) => ({ memberId: id, nonce: facts.nonces[index]! })) : [];
    return {
      changes,
      audit: [organizationEvent('org.create', organization, 'imported the organization from a file')],
      mails: sendsInvites ? tokens.map(({ nonce }, index) => invitationMail(organization, members[index]!, nonce)) : [],
      result: { organization, counts: countKinds(changes), skippedPeople: people.skipped, tokens, drafts },
    };
  },

  async persistSideEffects(tx, { result: { tokens, drafts } }, { orgId, deriveToken }, { key }) {
    await saveInviteTokens(tx, orgId, tokens, deriveToken);
    for (const { id } of drafts.domains) await saveChallenge(tx, orgId, id, newChallenge());
    for (const webhook of drafts.webhooks) {
      const ref = { orgId, recordId: webhook.id };
      await saveWebhookSecret(tx, key, webhookSecretOwner(orgId, webhook.id), newWebhookSecret());
      await startConsumer(tx, ref, 'webhook', hostOfWebhook(webhook));
      await setConsumerActive(tx, ref, 'webhook', false);
    }
  },
};

function draftsOf(archive: ParsedArchive, ids: IdMap, orgId: string, now: string): Drafts {
  return {
    lists: archive['ip-allow-list'].map(({ rules }) => ({
      id: orgId,
      isEnabled: false,
      rules: parseAddressRules(rules.filter(({ expiresAt }) => !isExpired(expiresAt, now))).rules.map((rule) => ({
        ...rule,
        id: ids.next(),
      })),
    })),
    domains: archive['verified-domain'].map((domain) => ({ ...domain, id: ids.next(), status: 'pending', dateVerified: null })),
    webhooks: archive.webhook.map((webhook) => ({
      ...webhook,
      ...{ id: ids.next(), status: 'disabled', disabledReason: null, secretChangedAt: now, createdBy: null },
    })),
  };
}

function ownerErrors(ownerId: string, owner: StoredUser | null): FieldErrors {
  if (!owner) return { owner: [`Invalid pk "${ownerId}" - object does not exist.`] };
  return owner.isActive ? {} : { owner: ['The user is disabled. Choose an owner who can log in.'] };
}

/** One line per retired role that the invites or the default of the organization would have. */
function roleErrors({ invited }: People, { defaultRole }: OrganizationRecord, retiredRoles: ReadonlySet<OrgRoleId>): FieldErrors {
  const roles = new Set([defaultRole, ...invited.map(({ orgRole }) => orgRole)]);
  const lines = [...roles].filter((role) => retiredRoles.has(role)).map(retiredRole);
  return lines.length === 0 ? {} : { file: lines };
}

/** The teams and projects of the file, with what belongs to them. Members must have their ids. */
function createdTeamsAndProjects(archive: ParsedArchive, ids: IdMap, keyIds: readonly string[]): LogChange[] {
  const teams = archive.team.map((team) => ({ ...team, id: ids.add('team', team.id), flags: { 'idp:provisioned': false } }));
  const projects = archive.project.map((project) => ({ ...project, id: ids.add('project', project.id) }));
  const teamMembers = new Map<string, TeamMemberRecord>();
  for (const row of archive['team-member']) {
    const memberId = ids.find('member', row.memberId);
    if (memberId === null) continue;
    const teamId = ids.find('team', row.teamId)!;
    const id = teamMemberId(teamId, memberId);
    teamMembers.set(id, { ...row, id, teamId, memberId });
  }
  const projectTeams = archive['project-team'].map((row) => {
    const projectId = ids.find('project', row.projectId)!;
    const teamId = ids.find('team', row.teamId)!;
    return { id: projectTeamId(projectId, teamId), projectId, teamId };
  });
  const keys = archive['project-key'].map((key, index) => ({
    ...key,
    id: keyIds[index]!,
    projectId: ids.find('project', key.projectId)!,
  }));
  const settings = archive['project-settings'].map((record) => ({ ...record, id: ids.find('project', record.id)! }));
  return [
    ...teams.map((record) => created('team', record)),
    ...projects.map((record) => created('project', record)),
    ...[...teamMembers.values()].map((record) => created('team-member', record)),
    ...projectTeams.map((record) => created('project-team', record)),
    ...keys.map((record) => created('project-key', record)),
    ...settings.map((record) => created('project-settings', record)),
  ];
}

/** The slug of the file, then with a number. */
function slugsFor(slug: string): string[] {
  return [slug, ...Array.from({ length: slugNumberMax }, (_, index) => `${slug.slice(0, 46)}-${index + 2}`)];
}

/** New ids for those of the file. */
class IdMap {
  readonly #ids: readonly string[];
  readonly #known = new Map<string, string>();
  #used = 0;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  next(): string {
    return this.#ids[this.#used++]!;
  }

  add(kind: string, id: string): string {
    const given = this.next();
    this.set(kind, id, given);
    return given;
  }

  set(kind: string, id: string, given: string): void {
    this.#known.set(`${kind}:${id}`, given);
  }

  find(kind: string, id: string): string | null {
    return this.#known.get(`${kind}:${id}`) ?? null;
  }
}

/** The people of the file: those to invite, and the rows of the user who becomes the owner. */
class People {
  readonly invited: { readonly id: string; readonly email: string; readonly orgRole: MemberRecord['orgRole'] }[] = [];
  readonly own: string[] = [];
  skipped = 0;

  constructor(members: readonly MemberRecord[], ownerEmail: string) {
    const known = new Set<string>();
    // Members come before invites of the same address.
    const ordered = [...members].sort((a, b) => Number(a.user === null) - Number(b.user === null));
    for (const { id, email: invitedEmail, user, orgRole, inviteStatus } of ordered) {
      const email = user?.email ?? invitedEmail;
      const key = email?.toLowerCase();
      if (key === ownerEmail.toLowerCase()) this.own.push(id);
      else if (email === null || key === undefined || known.has(key) || inviteStatus !== 'approved') this.skipped++;
      else {
        known.add(key);
        this.invited.push({ id, email, orgRole });
      }
    }
  }
}

function countKinds(changes: readonly LogChange[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of changes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
