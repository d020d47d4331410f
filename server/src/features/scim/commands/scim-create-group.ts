import type { MemberRecord, OrgState, TeamRecord } from '@rollcall/protocol';
import { saveExternalId } from '../../../database/members/scim-external-ids.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import { teamEvent, teamJoined } from '../../../domain/audit/audit.ts';
import { created } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { teamSlugTaken } from '../../../write-path/commands/teams/create-team.ts';
import { allocateId } from '../../../write-path/load-state.ts';
import { chooseGroupSlug, groupSlug, groupSlugErrors, isGroupNamed, membershipChanges, type ScimGroup } from '../domain/groups.ts';
import { type GroupNameFacts, loadGroupName, loadNamedMembers, scimExternalIdConflicts } from './load-scim.ts';

export interface ScimCreateGroup {
  /** Null if it could not be parsed. */
  readonly name: string | null;
  readonly externalId: string | null;
  readonly memberIds: readonly string[];
}

interface Facts {
  readonly state: OrgState;
  readonly id: string;
  readonly naming: GroupNameFacts;
  readonly members: ReadonlyMap<string, MemberRecord>;
}

/** Creates a team for the identity provider (REST contract 12.2). */
export const scimCreateGroup: Command<ScimCreateGroup, Facts, ScimGroup> = {
  name: 'scim-create-group',

  async load(tx, { name, memberIds }, context) {
    const { orgId, actor } = context;
    const state = await loadEnteredState(tx, context);
    authorizeScim(state, actor, ['team:write', 'team:admin']);
    const naming = await loadGroupName(tx, orgId, name ?? '');
    return { state, id: await allocateId(tx), naming, members: await loadNamedMembers(tx, orgId, memberIds) };
  },

  decide({ name, externalId, memberIds }, { state, id, naming: { similar, slugs }, members }, { actor, now, refuseInvalid }) {
    authorizeScim(state, actor, ['team:write', 'team:admin']);
    refuseInvalid(name === null ? {} : groupSlugErrors(groupSlug(name)));
    if (similar.some((other) => isGroupNamed(other, name!))) throw teamSlugTaken();
    const isTaken = (one: string) => slugs.taken.has(one) || similar.some((other) => other.slug === one);
    const slug = chooseGroupSlug(name!, isTaken, slugs.suffixes);
    const team: TeamRecord = { id, slug, name: name!, dateCreated: now, flags: { 'idp:provisioned': true } };
    return {
      changes: [created('team', team), ...membershipChanges(id, [], new Set(memberIds))],
      audit: [
        teamEvent('team.create', team, `created team ${slug}`),
        ...[...members.values()].map((member) => teamJoined(actor, member, team)),
      ],
      result: { team, externalId },
    };
  },

  async persistSideEffects(tx, { result: { team, externalId } }, { orgId }) {
    if (externalId !== null) await saveExternalId(tx, 'teams', orgId, team.id, externalId);
  },

  conflicts: { ...scimExternalIdConflicts, teams_organization_id_slug_key: teamSlugTaken },
};
