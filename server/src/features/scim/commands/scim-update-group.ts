import type { LogChange, MemberRecord, OrgState, Scope, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import { saveExternalId } from '../../../database/members/scim-external-ids.ts';
import { membersPerReadMax, readMembersInParts } from '../../../database/records/members-in-parts.ts';
import { readTeamMembers } from '../../../database/records/records-read.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import type { Actor } from '../../../domain/actor.ts';
import { type AuditEvent, teamEvent, teamJoined, teamLeft } from '../../../domain/audit/audit.ts';
import { updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { systemClock, yieldToLoop } from '../../../runtime/clock.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { slugInUse } from '../../../write-path/commands/teams/update-team.ts';
import {
  applyGroupSteps,
  type ChangedGroup,
  chooseGroupSlug,
  type GroupStep,
  groupSlug,
  groupSlugErrors,
  isGroupNamed,
  membershipChanges,
  membersNamedIn,
  type ScimGroup,
} from '../domain/groups.ts';
import { type GroupNameFacts, loadGroupName, loadNamedMembers, loadScimGroup, scimExternalIdConflicts } from './load-scim.ts';

export interface ScimUpdateGroup {
  /** Id or slug. */
  readonly group: string;
  readonly steps: readonly GroupStep[];
}

interface Facts {
  readonly state: OrgState;
  readonly group: ScimGroup;
  readonly teamMembers: readonly TeamMemberRecord[];
  /** Members whom the steps name or who leave the team. */
  readonly members: ReadonlyMap<string, MemberRecord>;
  /** Null if the name stays. */
  readonly naming: GroupNameFacts | null;
}

const scopes: readonly Scope[] = ['team:write', 'team:admin'];

/**
 * Changes a team for the identity provider. Either all steps take effect or none (REST contract
 * 12.2).
 */
export const scimUpdateGroup: Command<ScimUpdateGroup, Facts, ScimGroup> = {
  name: 'scim-update-group',
  endsAccess: ({ steps }) => steps.some(({ kind }) => kind === 'remove' || kind === 'replace'),

  async load(tx, { group: segment, steps }, context) {
    const { orgId, actor } = context;
    const state = await loadEnteredState(tx, context);
    authorizeScim(state, actor, scopes);
    const group = await loadScimGroup(tx, state, segment);
    const named = await loadNamedMembers(tx, orgId, membersNamedIn(steps));
    const teamMembers = await readTeamMembers(tx, orgId, { teamIds: [group.team.id] });
    const { name, memberIds } = applyGroupSteps(currentOf(group, teamMembers), steps);
    // Members who are named are loaded already, also if they leave.
    const left = teamMembers.map(({ memberId }) => memberId).filter((id) => !memberIds.has(id) && !named.has(id));
    const leavers = await readMembersInParts(tx, orgId, left);
    const naming = name === group.team.name ? null : await loadGroupName(tx, orgId, name);
    // The decision looks at all of them, too.
    if (named.size + left.length > membersPerReadMax) await yieldToLoop(systemClock);
    const members = new Map([...leavers.map((member) => [member.id, member] as const), ...named]);
    return { state, group, teamMembers, members, naming };
  },

  decide({ steps }, { state, group, teamMembers, members, naming }, { actor, refuseInvalid }) {
    authorizeScim(state, actor, scopes);
    const before = group.team;
    const { name, externalId, memberIds } = applyGroupSteps(currentOf(group, teamMembers), steps);
    if (naming) refuseInvalid(renameErrors(before, name, naming));
    const slug = naming ? slugAfterRename(before, name, naming) : before.slug;
    const team: TeamRecord = { ...before, name, slug, flags: { ...before.flags, 'idp:provisioned': true } };
    const edited = updated('team', before, team);
    const memberships = membershipChanges(team.id, teamMembers, memberIds);
    return {
      changes: [...edited, ...memberships],
      audit: [
        ...edited.map(() => teamEvent('team.edit', team, `edited team ${slug}`)),
        ...memberships.map((change) => membershipEvent(change, members, team, actor)),
      ],
      result: { team, externalId },
    };
  },

  async persistSideEffects(tx, { result: { team, externalId } }, { orgId }, { group }) {
    if (externalId !== group.externalId) await saveExternalId(tx, 'teams', orgId, team.id, externalId);
  },

  conflicts: scimExternalIdConflicts,
};

function renameErrors({ id }: TeamRecord, name: string, { similar }: GroupNameFacts): FieldErrors {
  const named = similar.find((other) => other.id !== id && isGroupNamed(other, name));
  return named ? slugInUse(named.slug) : groupSlugErrors(groupSlug(name));
}

/** A name that differs only in case, for example, keeps a slug that was generated for it. */
function slugAfterRename(before: TeamRecord, name: string, { similar, slugs }: GroupNameFacts): string {
  if (isGroupNamed({ name, slug: before.slug }, name)) return before.slug;
  const others = similar.filter(({ id }) => id !== before.id);
  return chooseGroupSlug(name, (slug) => slugs.taken.has(slug) || others.some((other) => other.slug === slug), slugs.suffixes);
}

function currentOf({ team, externalId }: ScimGroup, teamMembers: readonly TeamMemberRecord[]): ChangedGroup {
  return { name: team.name, externalId, memberIds: new Set(teamMembers.map(({ memberId }) => memberId)) };
}

function membershipEvent(
  { before, after }: LogChange,
  members: ReadonlyMap<string, MemberRecord>,
  team: TeamRecord,
  actor: Actor,
): AuditEvent {
  const member = members.get(String((after ?? before)!.memberId))!;
  return after ? teamJoined(actor, member, team) : teamLeft(actor, member, team);
}
