import type { ExternalTeamRecord, IntegrationRecord } from '@rollcall/protocol';
import type { Db } from '../database/database.ts';
import { findDirectoryRead, type ReadingClaim } from '../database/outlets/directory-reads.ts';
import { readExternalTeamsOf, readExternalUsersOf } from '../database/outlets/mappings.ts';
import { departedPeople } from '../domain/integrations/departed-people.ts';
import type { DangerousSync, DirectoryReading } from '../domain/integrations/directory-reading.ts';
import { comparableName } from '../domain/integrations/followed-team.ts';
import { followedProviders, providerNames, removesMembers } from '../domain/integrations/integrations.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import { identifyMapped } from '../write-path/commands/integrations/identify-mapped.ts';
import { removeDepartedMembers, type WaitingRemoval } from '../write-path/commands/integrations/remove-departed-members.ts';
import { syncExternalTeam } from '../write-path/commands/integrations/sync-external-team.ts';
import { runCommand, type WritePath } from '../write-path/run-command.ts';
import { runSystemCommand } from '../write-path/run-system-command.ts';
import { DirectoryError, type ExternalGroup, type ExternalPerson, type OpenDirectory } from './directory.ts';

/** A stored reading of this size has about 5 MB. Larger organizations are not read. */
const peopleMax = 100_000;

export interface ReadingParts {
  readonly db: Db;
  readonly writePath: WritePath;
  readonly failpoints: Failpoints;
}

export interface ReadingResult {
  readonly reading: DirectoryReading;
  /** The followed teams that changed. */
  readonly changedTeams: number;
}

/**
 * Reads a directory, changes the teams here that follow its groups, and removes the members whose
 * people left, if the integration is set to. The members of a group stay
 * in memory only until its team has changed.
 * @throws DirectoryError
 */
export async function readDirectory(
  parts: ReadingParts,
  claim: ReadingClaim,
  integration: IntegrationRecord,
  directory: OpenDirectory,
): Promise<ReadingResult> {
  const { db, writePath, failpoints } = parts;
  const { id, provider } = integration;
  const people = await directory.readPeople();
  // Every organization at a provider has an owner, so an empty response is a failure.
  if (people.length === 0) throw new DirectoryError('unavailable', `${providerNames[provider]} returned no people.`);
  if (people.length > peopleMax) {
    throw new DirectoryError('unavailable', `${directory.name} has ${people.length} people. At most ${peopleMax} are read.`);
  }
  const canFollow = followedProviders.includes(provider);
  const groups = canFollow ? await directory.readGroups() : [];
  const { orgId, lease } = claim;
  if (await hasUnidentified(db, orgId, id)) {
    await runSystemCommand(writePath, identifyMapped, { orgId, input: { integrationId: id, lease, people, groups }, requestId: null });
  }
  const mappings = canFollow ? await readExternalTeamsOf(db, claim.orgId, { teamIds: [], integrationIds: [id] }) : [];
  const waiting = removesMembers(integration) ? await removeDeparted(parts, claim, people) : null;
  const needsConfirmation: DangerousSync[] = waiting ? [waiting.difference] : [];
  let changedTeams = 0;
  for (const mapping of mappings.filter(({ follows }) => follows === 'members')) {
    const group = groups.find((one) => isSameGroup(one, mapping));
    // A group that was removed at the provider counts as empty.
    const groupMembers = group ? await directory.readGroupMembers(group) : [];
    failpoints.reach('before-directory-sync');
    const input = { integrationId: id, mapping, lease: claim.lease, people: groupMembers, confirmed: claim.confirmed };
    let dangerous: DangerousSync | null = null;
    const { committed } = await runCommand(writePath, syncExternalTeam, {
      ...{ orgId: claim.orgId, actor: { kind: 'system' }, input, requestId: null },
      respond: async (_tx, result) => {
        dangerous = result;
        return { status: 204 };
      },
    });
    if (dangerous) needsConfirmation.push(dangerous);
    if (committed) changedTeams++;
  }
  failpoints.reach('after-directory-sync');
  const departed = waiting?.departed ?? [];
  return { reading: { name: directory.name, people, groups, needsConfirmation, departed }, changedTeams };
}

/** Returns the removal that waits for a person. */
async function removeDeparted(
  { db, writePath }: ReadingParts,
  { orgId, integrationId, lease, confirmed }: ReadingClaim,
  people: readonly ExternalPerson[],
): Promise<WaitingRemoval | null> {
  const departed = departedPeople((await findDirectoryRead(db, orgId, integrationId))?.drift ?? null, people);
  if (departed.length === 0) return null;
  let waiting: WaitingRemoval | null = null;
  await runCommand(writePath, removeDepartedMembers, {
    ...{ orgId, actor: { kind: 'system' }, requestId: null },
    input: { integrationId, lease, departed, people, confirmed },
    respond: async (_tx, result) => {
      waiting = result;
      return { status: 204 };
    },
  });
  return waiting;
}

async function hasUnidentified(db: Db, orgId: string, integrationId: string): Promise<boolean> {
  const integrationIds = [integrationId];
  const [users, teams] = await Promise.all([
    readExternalUsersOf(db, orgId, { memberIds: [], integrationIds }),
    readExternalTeamsOf(db, orgId, { teamIds: [], integrationIds }),
  ]);
  return [...users, ...teams].some(({ externalId }) => externalId === null);
}

function isSameGroup({ id, name }: ExternalGroup, { externalId, externalName }: ExternalTeamRecord): boolean {
  return externalId === null ? comparableName(name) === comparableName(externalName) : id === externalId;
}
