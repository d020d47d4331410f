import type { ExternalUserRecord, MemberRecord } from '@rollcall/protocol';
import type { DirectoryReading, ExternalActor } from './directory-reading.ts';

/**
 * The people whom the previous reading found, or who waited after it, and who are no longer at the
 * provider. There are none at the first reading.
 */
export function departedPeople(previous: DirectoryReading | null, people: readonly ExternalActor[]): ExternalActor[] {
  const present = new Set(people.map(({ id }) => id));
  const known = previous === null ? [] : [...previous.people, ...(previous.departed ?? [])];
  return known.filter(({ id }) => !present.has(id));
}

/**
 * The members who are mapped to departed people, and to no one who is still at the provider. A
 * mapping to someone who was never there doesn't count, because members map such accounts
 * themselves. Owners stay, as do members whom an identity provider or a partnership manages. If no
 * active member who can administer the organization would remain, those of them who can stay too.
 * @param people the people who are at the provider now
 * @param mappings those of the integration
 * @param keepers all members with a role that can administer the organization
 */
export function membersToRemove(
  departed: readonly ExternalActor[],
  people: readonly ExternalActor[],
  members: readonly MemberRecord[],
  mappings: readonly ExternalUserRecord[],
  keepers: readonly MemberRecord[],
): MemberRecord[] {
  const departedIds = new Set<string | null>(departed.map(({ id }) => id));
  const presentIds = new Set(people.map(({ id }) => id));
  const leaving = new Set(mappings.filter(({ externalId }) => departedIds.has(externalId)).map(({ memberId }) => memberId));
  // A mapping by name may be about someone who is still there.
  for (const { memberId, externalId } of mappings) if (externalId === null || presentIds.has(externalId)) leaving.delete(memberId);
  const removed = members.filter(
    ({ id, user, orgRole, flags }) =>
      leaving.has(id) && user !== null && orgRole !== 'owner' && !flags['idp:provisioned'] && !flags['partnership:restricted'],
  );
  const removedIds = new Set(removed.map(({ id }) => id));
  const isKept = keepers.some(({ id, user }) => user?.isActive === true && !removedIds.has(id));
  return isKept ? removed : removed.filter(({ id }) => !keepers.some((keeper) => keeper.id === id));
}
