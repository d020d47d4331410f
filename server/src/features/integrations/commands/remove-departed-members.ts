import { definitionOf, type ExternalUserRecord, type IntegrationRecord, type MemberRecord, type OrgState } from '@rollcall/protocol';
import { readExternalUsersOf, readIntegration } from '../../../database/outlets/mappings.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { markIdentitiesRemoved } from '../../../database/security/sso-identities.ts';
import { memberRemoved } from '../../../domain/audit/audit.ts';
import { administeringRoles } from '../../../domain/members/administering-roles.ts';
import { removedMembers, withoutDuplicates } from '../../../domain/members/member-removal.ts';
import type { Command } from '../../../write-path/command.ts';
import { type Dependents, loadDependents } from '../../../write-path/commands/members/load-dependents.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { holdReading } from '../database/directory-reads.ts';
import { membersToRemove } from '../domain/departed-people.ts';
import type { DangerousSync, ExternalActor } from '../domain/directory-reading.ts';
import { isConfirmed, isDangerous } from '../domain/followed-team.ts';
import { removesMembers } from '../domain/integrations.ts';

export interface RemoveDepartedMembers {
  readonly integrationId: string;
  /** The claim of the reading. An instance that lost it changes nothing. */
  readonly lease: string;
  readonly departed: readonly ExternalActor[];
  /** The people who are at the provider now. */
  readonly people: readonly ExternalActor[];
  /** The differences that a person confirmed. */
  readonly confirmed: readonly DangerousSync[];
}

interface Facts {
  readonly state: OrgState;
  /** Null if it no longer removes members, or the reading's claim has ended. */
  readonly integration: IntegrationRecord | null;
  readonly mappings: readonly ExternalUserRecord[];
  readonly targets: readonly MemberRecord[];
  /** The removal of all targets, if a person must confirm it first. */
  readonly waiting: DangerousSync | null;
  /** The dependents of all targets. Not read for a removal that waits. */
  readonly dependents: Dependents;
}

/** A removal that waits for a confirmation, and the mapped people whose members it is about. */
export interface WaitingRemoval {
  readonly difference: DangerousSync;
  readonly departed: readonly ExternalActor[];
}

/**
 * Removes the members who are mapped to people who left the provider's organization, if the
 * integration is set to (REST contract 13.14). Returns the difference if a person must confirm it
 * first. Then nothing changes.
 */
export const removeDepartedMembers: Command<RemoveDepartedMembers, Facts, WaitingRemoval | null> = {
  name: 'remove-departed-members',
  endsAccess: () => true,

  async load(tx, { integrationId, lease, departed, people, confirmed }, { orgId, actor }) {
    const [state, isHeld, found, mappings, keepers] = await Promise.all([
      loadActorState(tx, orgId, actor),
      holdReading(tx, orgId, integrationId, lease),
      readIntegration(tx, orgId, integrationId),
      readExternalUsersOf(tx, orgId, { memberIds: [], integrationIds: [integrationId] }),
      readMembers(tx, orgId, { roles: administeringRoles }),
    ]);
    const integration = found && isHeld && removesMembers(found) ? found : null;
    const ids = [...new Set(mappings.map(({ memberId }) => memberId))];
    const members = ids.length === 0 ? [] : await readMembers(tx, orgId, { ids });
    const targets = integration ? membersToRemove(departed, people, members, mappings, keepers) : [];
    const difference = { teamId: null, added: 0, removed: targets.length, current: members.length };
    const waiting = isDangerous(difference, people.length) && !isConfirmed(difference, confirmed) ? difference : null;
    const own = waiting ? [] : await Promise.all(targets.map((target) => loadDependents(tx, orgId, target)));
    const dependents = {
      dependentMembers: own.flatMap(({ dependentMembers }) => dependentMembers),
      teamMembers: [...new Map(own.flatMap(({ teamMembers }) => teamMembers).map((row) => [row.id, row])).values()],
    };
    return { state, integration, mappings, targets, waiting, dependents };
  },

  decide({ departed }, { integration, mappings, targets, waiting, dependents }, { actor }) {
    if (!integration || targets.length === 0) return { changes: [], result: null };
    if (waiting) {
      const mapped = new Set(mappings.map(({ externalId }) => externalId));
      return { changes: [], result: { difference: waiting, departed: departed.filter(({ id }) => mapped.has(id)) } };
    }
    const why = `, who left ${integration.name} at ${definitionOf(integration.provider).name}`;
    return {
      changes: removedMembers(withoutDuplicates([...dependents.dependentMembers, ...targets]), dependents.teamMembers),
      audit: targets.map((target) => {
        const event = memberRemoved(actor, target);
        return { ...event, note: `${event.note}${why}` };
      }),
      result: null,
    };
  },

  async persistSideEffects(tx, { changes }, { orgId }, { state, targets }) {
    if (changes.length > 0 && state.authProvider) await markIdentitiesRemoved(tx, orgId, targets);
  },
};
