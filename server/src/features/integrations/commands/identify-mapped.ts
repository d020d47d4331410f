import type { ExternalTeamRecord, ExternalUserRecord, IntegrationRecord } from '@rollcall/protocol';
import { readExternalTeamsOf, readExternalUsersOf, readIntegration } from '../../../database/outlets/mappings.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { holdReading } from '../database/directory-reads.ts';
import type { ExternalActor } from '../domain/directory-reading.ts';
import { comparableName } from '../domain/followed-team.ts';
import { integrationEvent } from '../domain/integrations.ts';

export interface IdentifyMapped {
  readonly integrationId: string;
  /** The claim of the reading. An instance that lost it changes nothing. */
  readonly lease: string;
  readonly people: readonly ExternalActor[];
  readonly groups: readonly ExternalActor[];
}

interface Facts {
  /** Null if the integration was removed, or the reading's claim has ended. */
  readonly integration: IntegrationRecord | null;
  readonly users: readonly ExternalUserRecord[];
  readonly teams: readonly ExternalTeamRecord[];
}

/**
 * Stores the provider's id in the mappings that have none (REST contract 13.14). From then on a
 * mapping keeps its person or team when another one gets the name.
 */
export const identifyMapped: Command<IdentifyMapped, Facts, null> = {
  name: 'identify-mapped',

  async load(tx, { integrationId, lease }, { orgId }) {
    const isHeld = await holdReading(tx, orgId, integrationId, lease);
    const [integration, users, teams] = await Promise.all([
      isHeld ? readIntegration(tx, orgId, integrationId) : null,
      readExternalUsersOf(tx, orgId, { memberIds: [], integrationIds: [integrationId] }),
      readExternalTeamsOf(tx, orgId, { teamIds: [], integrationIds: [integrationId] }),
    ]);
    return { integration, users, teams };
  },

  decide({ people, groups }, { integration, users, teams }) {
    if (!integration) return { changes: [], result: null };
    const mappedIds = new Set(users.map(({ externalId }) => externalId));
    // Several teams may be mapped to one team of the provider, but each person to one member only.
    const newPeople = people.filter(({ id }) => !mappedIds.has(id));
    const newUsers = identified(users, newPeople).filter(([, { externalId }]) => !mappedIds.has(externalId) && mappedIds.add(externalId));
    const changes = [
      ...newUsers.flatMap(([before, after]) => updated('external-user', before, after)),
      ...identified(teams, groups).flatMap(([before, after]) => updated('external-team', before, after)),
    ];
    const note = `stored the ids of ${changes.length} mapped people and teams`;
    return { changes, audit: changes.length === 0 ? [] : [integrationEvent('integration.edit', integration, note)], result: null };
  },
};

type Mapping = ExternalUserRecord | ExternalTeamRecord;

/** The mappings without an id whose name an actor has, before and after. */
function identified<T extends Mapping>(mappings: readonly T[], actors: readonly ExternalActor[]): (readonly [T, T])[] {
  const idOf = new Map(actors.map(({ id, name }) => [comparableName(name), id]));
  return mappings.flatMap((mapping) => {
    const externalId = mapping.externalId === null ? idOf.get(comparableName(mapping.externalName)) : undefined;
    return externalId === undefined ? [] : [[mapping, { ...mapping, externalId }] as const];
  });
}
