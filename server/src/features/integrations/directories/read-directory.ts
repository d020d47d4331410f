import { definitionOf, type ExternalTeamRecord, type IntegrationRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readExternalTeamsOf, readExternalUsersOf } from '../../../database/outlets/mappings.ts';
import { readTeamMembers } from '../../../database/records/records-read.ts';
import type { Failpoints } from '../../../runtime/failpoints.ts';
import { runCommand, type WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { identifyMapped } from '../commands/identify-mapped.ts';
import { removeDepartedMembers, type WaitingRemoval } from '../commands/remove-departed-members.ts';
import { syncExternalTeam } from '../commands/sync-external-team.ts';
import { findDirectoryRead, type ReadingClaim } from '../database/directory-reads.ts';
import { departedPeople } from '../domain/departed-people.ts';
import type { DangerousSync, DirectoryReading, ExternalActor } from '../domain/directory-reading.ts';
import { comparableName, wouldLoseMember } from '../domain/followed-team.ts';
import { removesMembers } from '../domain/integrations.ts';
import { integrationLimits } from '../limits.ts';
import { DirectoryError, type ExternalGroup, type ExternalPerson, type OpenDirectory } from './directory.ts';

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
  const { orgId, lease } = claim;
  const previous = removesMembers(integration) ? ((await findDirectoryRead(db, orgId, id))?.drift ?? null) : null;
  const readPeople = async () => {
    const found = await directory.readPeople();
    // Every organization at a provider has an owner, so an empty response is a failure.
    if (found.length === 0) throw new DirectoryError('unavailable', `${definitionOf(provider).name} returned no people.`);
    return found;
  };
  const people = await readTwiceIf((found) => departedPeople(previous, found).length > 0, readPeople);
  if (people.length > integrationLimits.people.value) {
    throw new DirectoryError(
      'unavailable',
      `${directory.name} has ${people.length} people. At most ${integrationLimits.people.value} are read.`,
    );
  }
  const canFollow = definitionOf(provider).hasTeams;
  const groups = canFollow ? await directory.readGroups() : [];
  if (await hasUnidentified(db, orgId, id)) {
    await runSystemCommand(writePath, identifyMapped, { orgId, input: { integrationId: id, lease, people, groups }, requestId: null });
  }
  const mappings = canFollow ? await readExternalTeamsOf(db, orgId, { teamIds: [], integrationIds: [id] }) : [];
  const waiting = await removeDeparted(parts, claim, departedPeople(previous, people), people);
  const needsConfirmation: DangerousSync[] = waiting ? [waiting.difference] : [];
  let changedTeams = 0;
  const followed = mappings.filter(({ follows }) => follows === 'members');
  const users = followed.length === 0 ? [] : await readExternalUsersOf(db, orgId, { memberIds: [], integrationIds: [id] });
  for (const mapping of followed) {
    const group = groups.find((one) => isSameGroup(one, mapping));
    const teamMembers = await readTeamMembers(db, orgId, { teamIds: [mapping.teamId] });
    const lacksMember = (found: readonly ExternalPerson[]) => wouldLoseMember(teamMembers, found, users);
    // A group that was removed at the provider counts as empty.
    const groupMembers = group ? await readTwiceIf(lacksMember, () => directory.readGroupMembers(group)) : [];
    failpoints.reach('before-directory-sync');
    const input = { integrationId: id, mapping, lease, people: groupMembers, confirmed: claim.confirmed };
    let dangerous: DangerousSync | null = null;
    const { committed } = await runCommand(writePath, syncExternalTeam, {
      ...{ orgId, actor: { kind: 'system' }, input, requestId: null },
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

/**
 * Reads a list, and a second time if the first reading lacks a person whose absence would remove a
 * member. Returns the people of both. Providers divide lists into pages by position. When a person
 * leaves while the pages are read, another one can move to a page that was already read, and so be
 * missing from the first reading. A person who leaves between the two is found by the next reading
 * of the directory.
 */
async function readTwiceIf(
  lacksSomeone: (people: readonly ExternalPerson[]) => boolean,
  read: () => Promise<readonly ExternalPerson[]>,
): Promise<readonly ExternalPerson[]> {
  const first = await read();
  if (!lacksSomeone(first)) return first;
  const people = [...first, ...(await read())];
  return [...new Map(people.map((person) => [person.id, person])).values()];
}

/** Returns the removal that waits for a person. */
async function removeDeparted(
  { writePath }: ReadingParts,
  { orgId, integrationId, lease, confirmed }: ReadingClaim,
  departed: readonly ExternalActor[],
  people: readonly ExternalPerson[],
): Promise<WaitingRemoval | null> {
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
