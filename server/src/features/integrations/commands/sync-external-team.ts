import {
  type ExternalTeamRecord,
  type ExternalUserRecord,
  type MemberRecord,
  type TeamMemberRecord,
  type TeamRecord,
  teamMemberId,
} from '@rollcall/protocol';
import { readExternalTeam, readExternalUsersOf } from '../../../database/outlets/mappings.ts';
import { readMembers, readTeamMembers, readTeams } from '../../../database/records/records-read.ts';
import { teamJoined, teamLeft } from '../../../domain/audit/audit.ts';
import { created, removed } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { holdReading } from '../database/directory-reads.ts';
import type { DangerousSync, ExternalActor } from '../domain/directory-reading.ts';
import { isActiveMember, isConfirmed, isDangerous, mappingFinder } from '../domain/followed-team.ts';
import { refuseToChangeFollowedTeams } from '../reactions/refuse-followed-teams.ts';

export interface SyncExternalTeam {
  readonly integrationId: string;
  /** The mapping whose group was read. One that has another group by now changes nothing. */
  readonly mapping: ExternalTeamRecord;
  /** The claim of the reading. An instance that lost it changes nothing. */
  readonly lease: string;
  /** The members of the provider's team. */
  readonly people: readonly ExternalActor[];
  /** The differences that a person confirmed. */
  readonly confirmed: readonly DangerousSync[];
}

interface Facts {
  /**
   * Null if the mapping or the team was removed, the mapping has another group, or the reading's
   * claim has ended.
   */
  readonly followed: { readonly mapping: ExternalTeamRecord; readonly team: TeamRecord } | null;
  readonly mappings: readonly ExternalUserRecord[];
  readonly teamMembers: readonly TeamMemberRecord[];
  /** The mapped members, and those on the team. */
  readonly members: readonly MemberRecord[];
}

/**
 * Makes the members of a team those of the provider's team that it follows (REST contract 13.14).
 * Returns the difference if a person must confirm it first. Then nothing changes.
 */
export const syncExternalTeam: Command<SyncExternalTeam, Facts, DangerousSync | null> = {
  name: 'sync-external-team',
  endsAccess: () => true,
  exemptFrom: [refuseToChangeFollowedTeams],

  async load(tx, { integrationId, mapping: read, lease }, { orgId }) {
    const [isHeld, mapping] = await Promise.all([holdReading(tx, orgId, integrationId, lease), readExternalTeam(tx, orgId, read.id)]);
    const [team] = mapping && isHeld && hasSameGroup(mapping, read) ? await readTeams(tx, orgId, { ids: [mapping.teamId] }) : [];
    if (!mapping || !team) return { followed: null, mappings: [], teamMembers: [], members: [] };
    const [mappings, teamMembers] = await Promise.all([
      readExternalUsersOf(tx, orgId, { memberIds: [], integrationIds: [integrationId] }),
      readTeamMembers(tx, orgId, { teamIds: [team.id] }),
    ]);
    const ids = new Set([...mappings, ...teamMembers].map(({ memberId }) => memberId));
    const members = ids.size === 0 ? [] : await readMembers(tx, orgId, { ids: [...ids] });
    return { followed: { mapping, team }, mappings, teamMembers, members };
  },

  decide({ people, confirmed }, { followed, mappings, teamMembers, members }, { actor }) {
    if (followed?.mapping.follows !== 'members') return { changes: [], result: null };
    const { team } = followed;
    const memberOf = new Map(members.map((member) => [member.id, member]));
    const findMapping = mappingFinder(mappings);
    const wanted = new Set(
      people.flatMap((person) => {
        const member = memberOf.get(findMapping(person)?.memberId ?? '');
        return member && isActiveMember(member) ? [member.id] : [];
      }),
    );
    const present = new Set(teamMembers.map(({ memberId }) => memberId));
    const leaving = teamMembers.filter(({ memberId }) => !wanted.has(memberId));
    const joining = [...wanted].filter((memberId) => !present.has(memberId));
    if (leaving.length + joining.length === 0) return { changes: [], result: null };
    const difference = { teamId: team.id, added: joining.length, removed: leaving.length, current: teamMembers.length };
    if (isDangerous(difference, people.length) && !isConfirmed(difference, confirmed)) return { changes: [], result: difference };
    return {
      changes: [
        ...leaving.map((row) => removed('team-member', row)),
        ...joining.map((memberId) =>
          created('team-member', { id: teamMemberId(team.id, memberId), teamId: team.id, memberId, teamRole: null }),
        ),
      ],
      audit: [
        ...leaving.map(({ memberId }) => teamLeft(actor, memberOf.get(memberId)!, team)),
        ...joining.map((memberId) => teamJoined(actor, memberOf.get(memberId)!, team)),
      ],
      result: null,
    };
  },
};

function hasSameGroup(a: ExternalTeamRecord, b: ExternalTeamRecord): boolean {
  return a.integrationId === b.integrationId && a.externalId === b.externalId && a.externalName === b.externalName;
}
