import {
  apiLimits,
  type LogChange,
  type MemberUser,
  type OrganizationRecord,
  OrgError,
  organizationSubject,
  teamMemberId,
} from '@rollcall/protocol';
import { readTakenOrgSlugs, saveOrgExternalId } from '../../../database/organizations/organizations-read.ts';
import { hasNoUser } from '../../../domain/actor.ts';
import { organizationEvent } from '../../../domain/audit/audit.ts';
import { forbidden } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import { organizationExternalIdConflicts } from '../../../domain/organizations/external-id-taken.ts';
import { newMember, newOrganization } from '../../../domain/organizations/new-organization.ts';
import { orgSlugProblem, wantedOrgSlug } from '../../../domain/organizations/org-slugs.ts';
import { chooseFreeSlug, slugCandidates, slugify } from '../../../domain/slugs.ts';
import { randomHex, randomSlugSuffixes } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../command.ts';
import { allocateIds } from '../../load-state.ts';
import { readJoiningUser } from '../../users/read-joining-user.ts';

export interface CreateOrganization {
  readonly name: string;
  /** The slug as sent, not trimmed. If null, it is derived from the name. */
  readonly slug: string | null;
  /** Whether to create a team that is named after the organization, with the owner as a member. */
  readonly defaultTeam: boolean;
  readonly ownerId: string;
  /** The id in the operator's own system. */
  readonly externalId?: string | null;
}

interface Facts {
  readonly memberId: string;
  readonly teamId: string;
  readonly owner: MemberUser | null;
  readonly wantedSlug: string;
  /** Random suffixes to try if the generated slug is taken. */
  readonly suffixes: readonly string[];
  readonly taken: ReadonlySet<string>;
  readonly externalId: string | null;
}

function slugTaken(): OrgError {
  return new OrgError('already-exists', 'An organization with this slug already exists.');
}

/**
 * Creates an organization with its owner (REST contract 5.4). `orgId` of the call is a new id from
 * `allocateOrganizationId`.
 */
export const createOrganization: Command<CreateOrganization, Facts, OrganizationRecord> = {
  name: 'create-organization',
  createsOrganization: true,

  async load(tx, { name, slug, ownerId, externalId = null }) {
    const [memberId, teamId] = await allocateIds(tx, 2);
    const owner = await readJoiningUser(tx, ownerId);
    const suffixes = randomSlugSuffixes();
    const wantedSlug = wantedOrgSlug(name, randomHex(6));
    const candidates = slug === null ? slugCandidates(wantedSlug, suffixes) : [slug.trim()];
    const taken = await readTakenOrgSlugs(tx, candidates);
    return { memberId: memberId!, teamId: teamId!, owner, wantedSlug, suffixes, taken, externalId };
  },

  decide(input, facts, { orgId, actor, now, malformed, refuseInvalid }) {
    if (hasNoUser(actor) || (actor.kind === 'user' && actor.userId !== input.ownerId)) throw forbidden();
    const isTaken = (slug: string) => facts.taken.has(slug.toLowerCase());
    const problem = input.slug === null ? null : orgSlugProblem(input.slug, isTaken);
    const { owner } = facts;
    refuseInvalid(
      problem === null ? {} : { slug: [problem] },
      owner || malformed.ownerId ? {} : { ownerId: [`Invalid pk "${input.ownerId}" - object does not exist.`] },
    );

    const slug = input.slug ?? chooseFreeSlug(facts.wantedSlug, isTaken, facts.suffixes);
    const organization = newOrganization({ id: orgId, slug, name: input.name, now });
    const member = newMember({ id: facts.memberId, user: owner!, orgRole: 'owner', now });
    const changes: LogChange[] = [created('organization', organization), created('member', member)];
    if (facts.externalId !== null) changes.push(created('external-id', { id: organizationSubject, externalId: facts.externalId }));
    if (input.defaultTeam) changes.push(...defaultTeam(facts, input.name, now));
    return { changes, audit: [organizationEvent('org.create', organization, 'created the organization')], result: organization };
  },

  async persistSideEffects(tx, _decision, { orgId }, { externalId }) {
    if (externalId !== null) await saveOrgExternalId(tx, orgId, externalId);
  },

  conflicts: { organizations_slug_key: slugTaken, ...organizationExternalIdConflicts },
};

function defaultTeam({ teamId, memberId, suffixes }: Facts, name: string, now: string): LogChange[] {
  const slug = chooseFreeSlug(slugify(name).slice(0, apiLimits.generatedSlugLengthMax), () => false, suffixes);
  return [
    created('team', { id: teamId, slug, name, dateCreated: now, flags: { 'idp:provisioned': false } }),
    created('team-member', { id: teamMemberId(teamId, memberId), teamId, memberId, teamRole: null }),
  ];
}
