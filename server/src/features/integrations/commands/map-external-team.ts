import {
  definitionOf,
  type ExternalTeamRecord,
  type IntegrationProvider,
  nameProviders,
  OrgError,
  type OrgState,
  type TeamRecord,
} from '@rollcall/protocol';
import { readExternalTeam, readExternalTeamsOf, readIntegration } from '../../../database/outlets/mappings.ts';
import { authorize, forbidden, mayAddToTeam, notFound } from '../../../domain/authorize.ts';
import { created, updated } from '../../../domain/changes.ts';
import { invalidFields } from '../../../domain/field-errors.ts';
import { refuseProvisionedTeam } from '../../../domain/teams/team-refusals.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState, loadTeam } from '../../../write-path/commands/load-by-path.ts';
import { allocateId } from '../../../write-path/load-state.ts';
import { requestIdentification, requestReading } from '../database/directory-reads.ts';
import { integrationEvent, isUnknownIntegration, managesIntegrations } from '../domain/integrations.ts';

export interface MapExternalTeam {
  /** Id or slug of the team that the path names. */
  readonly team: string;
  /** The mapping to change. Null for a new one. */
  readonly mappingId: string | null;
  readonly integrationId: string | null;
  readonly provider: IntegrationProvider | null;
  readonly externalName: string | null;
  /** Absent keeps it, in the same integration. */
  readonly externalId?: string | null;
  /** Absent keeps it, in the same integration. */
  readonly follows?: ExternalTeamRecord['follows'];
}

interface Facts {
  readonly state: OrgState;
  readonly team: TeamRecord;
  readonly mapping: ExternalTeamRecord | null;
  readonly integration: Awaited<ReturnType<typeof readIntegration>>;
  /** The mappings of the team. */
  readonly others: readonly ExternalTeamRecord[];
  readonly id: string;
}

/** Maps a team at a provider to a team (REST contract 13.13). */
export const mapExternalTeam: Command<MapExternalTeam, Facts, ExternalTeamRecord> = {
  name: 'map-external-team',

  async load(tx, { team: segment, mappingId, integrationId }, context) {
    const { orgId } = context;
    const loadStateAndTeam = async () => {
      const state = await loadEnteredState(tx, context);
      return { state, team: await loadTeam(tx, state, segment) };
    };
    const [{ state, team }, found, id] = await Promise.all([
      loadStateAndTeam(),
      mappingId === null ? null : readExternalTeam(tx, orgId, mappingId),
      allocateId(tx),
    ]);
    const mapping = found?.teamId === team.id ? found : null;
    const wanted = integrationId ?? mapping?.integrationId ?? null;
    const [integration, others] = await Promise.all([
      wanted === null ? null : readIntegration(tx, orgId, wanted),
      readExternalTeamsOf(tx, orgId, { teamIds: [team.id], integrationIds: [] }),
    ]);
    return { state, team, mapping, integration, others, id };
  },

  decide(input, { state, team, mapping, integration, others, id }, { actor, refuseInvalid }) {
    authorize(state, actor, managesIntegrations);
    if (input.mappingId !== null && !mapping) throw notFound();
    refuseInvalid(isUnknownIntegration(input, integration) ? { integrationId: ['This integration does not exist.'] } : {});
    // A team's id, and whether it is followed, mean nothing at another provider.
    const kept = mapping?.integrationId === integration!.id ? mapping : null;
    const record: ExternalTeamRecord = {
      id: mapping?.id ?? id,
      provider: integration!.provider,
      integrationId: integration!.id,
      teamId: team.id,
      externalName: input.externalName ?? mapping!.externalName,
      externalId: input.externalId === undefined ? (kept?.externalId ?? null) : input.externalId,
      follows: input.follows ?? kept?.follows ?? 'off',
    };
    // The people of the provider's team become members of this one.
    if (record.follows === 'members' && !mayAddToTeam(state, actor, team)) throw forbidden();
    if (record.follows === 'members' && kept?.follows !== 'members') refuseToFollow(record, team, others);
    if (others.some((other) => other.id !== record.id && isSameTeam(other, record))) throw alreadyMapped();
    const changes = mapping ? updated('external-team', mapping, record) : [created('external-team', record)];
    const note = `mapped ${record.externalName} of ${definitionOf(record.provider).name} to team ${team.slug}`;
    return { changes, audit: changes.length === 0 ? [] : [integrationEvent('integration.edit', integration!, note)], result: record };
  },

  async persistSideEffects(tx, { result: { integrationId, externalId, follows } }, { orgId }) {
    if (follows === 'members') await requestReading(tx, orgId, integrationId);
    else if (externalId === null) await requestIdentification(tx, orgId, integrationId);
  },

  conflicts: { external_teams_name_key: alreadyMapped },
};

/** @throws OrgError `invalid`; `forbidden` for a team of the identity provider */
function refuseToFollow({ provider }: ExternalTeamRecord, team: TeamRecord, others: readonly ExternalTeamRecord[]): void {
  if (!definitionOf(provider).hasTeams) {
    throw invalidFields({
      follows: [
        `Teams can't follow ${definitionOf(provider).name}. Only teams of ${nameProviders('name', 'and', ({ hasTeams }) => hasTeams)} can be followed.`,
      ],
    });
  }
  refuseProvisionedTeam(team);
  if (others.some(({ follows }) => follows === 'members')) throw invalidFields({ follows: ['This team already follows another team.'] });
}

function isSameTeam(a: ExternalTeamRecord, b: ExternalTeamRecord): boolean {
  return a.integrationId === b.integrationId && a.externalName === b.externalName;
}

function alreadyMapped(): OrgError {
  return new OrgError('already-exists', 'This team is already mapped.');
}
