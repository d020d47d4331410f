import type { OrgState, Scope } from '@rollcall/protocol';
import { saveExternalId } from '../../../database/members/scim-external-ids.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { updated } from '../../../domain/changes.ts';
import { refusePartnershipMember } from '../../../domain/members/member-refusals.ts';
import { chosenMemberships } from '../../../domain/teams/team-choice.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { type ScimUser, type ScimUserChange, withProvisionedRole } from '../domain/users.ts';
import { loadScimUser, scimExternalIdConflicts } from './load-scim.ts';
import { loadRemoval, markIdentityRemoved, type RemovalFacts, removeProvisioned } from './remove-provisioned.ts';

export interface ScimUpdateUser {
  readonly user: string;
  readonly change: ScimUserChange;
}

interface Facts {
  readonly state: OrgState;
  readonly target: ScimUser;
  /** Null unless the change deactivates the user. */
  readonly removal: RemovalFacts | null;
}

interface UpdatedUser extends ScimUser {
  readonly providerKey: string;
  readonly isRemoved: boolean;
}

const scopes: readonly Scope[] = ['member:write', 'member:admin'];

/**
 * Changes a user for the identity provider. A user who is deactivated is removed, because this
 * server keeps no inactive members (REST contract 12.1).
 */
export const scimUpdateUser: Command<ScimUpdateUser, Facts, UpdatedUser> = {
  name: 'scim-update-user',
  endsAccess: ({ change: { active, role } }) => active === false || role !== undefined,

  async load(tx, { user, change }, context) {
    const state = await loadEnteredState(tx, context);
    // Before the lookup, so that a 404 shows nothing to callers without SCIM.
    authorizeScim(state, context.actor, scopes);
    const target = await loadScimUser(tx, state, user);
    return { state, target, removal: change.active === false ? await loadRemoval(tx, context.orgId, target.member) : null };
  },

  decide({ change }, { state, target, removal }, { actor, retiredRoles }) {
    authorizeScim(state, actor, scopes);
    const before = target.member;
    const providerKey = state.authProvider!.key;
    if (removal) return { ...removeProvisioned(state, actor, before, removal), result: { ...target, providerKey, isRemoved: true } };
    refusePartnershipMember(before);
    const member = change.role === undefined ? before : withProvisionedRole(before, change.role, state.organization!, retiredRoles);
    const teams = [...state.teamIdsOfMember(before.id)].map((teamId) => state.teamMember(teamId, before.id)!);
    const changes = [...updated('member', before, member), ...chosenMemberships(null, [], member, teams)];
    const note = `edited member ${member.email} (role: ${member.orgRole})`;
    return {
      changes,
      audit: changes.length === 0 ? [] : [memberEvent('member.edit', member, note)],
      result: {
        member,
        externalId: change.externalId === undefined ? target.externalId : change.externalId,
        assertedEmail: target.assertedEmail,
        providerKey,
        isRemoved: false,
      },
    };
  },

  async persistSideEffects(tx, { result: { member, externalId, isRemoved } }, { orgId }, { target }) {
    if (isRemoved) await markIdentityRemoved(tx, orgId, member);
    else if (externalId !== target.externalId) await saveExternalId(tx, 'members', orgId, member.id, externalId);
  },

  conflicts: scimExternalIdConflicts,
};
