import type { ExternalUserRecord, MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { DangerousSync, ExternalActor } from './directory-reading.ts';

/** A difference of more members than this, and of more than half of the team, is dangerous. */
const changedMax = 5;
const changedShareMax = 0.5;

/** The name of a person or team, as providers compare names. */
export function comparableName(name: string): string {
  return name.trim().replace(/^@/, '').toLowerCase();
}

/**
 * Finds the mapping of a person. Only mappings identify people. A mapping with an id is never found
 * by its name, because a name can be given to another person.
 */
export function mappingFinder(mappings: readonly ExternalUserRecord[]): (person: ExternalActor) => ExternalUserRecord | null {
  const byId = new Map(mappings.flatMap((mapping) => (mapping.externalId === null ? [] : [[mapping.externalId, mapping] as const])));
  const byName = new Map(
    mappings.flatMap((mapping) => (mapping.externalId === null ? [[comparableName(mapping.externalName), mapping] as const] : [])),
  );
  return ({ id, name }) => byId.get(id) ?? byName.get(comparableName(name)) ?? null;
}

/** Whether a member of the team is mapped to none of these people. */
export function wouldLoseMember(
  teamMembers: readonly TeamMemberRecord[],
  people: readonly ExternalActor[],
  mappings: readonly ExternalUserRecord[],
): boolean {
  const findMapping = mappingFinder(mappings);
  const mapped = new Set(people.map((person) => findMapping(person)?.memberId));
  return teamMembers.some(({ memberId }) => !mapped.has(memberId));
}

/** A member who can use the organization: no invite, no request, and the user is active. */
export function isActiveMember({ user, inviteStatus }: MemberRecord): boolean {
  return user?.isActive === true && inviteStatus === 'approved';
}

/**
 * Whether a person must confirm the change of a followed team: the provider returned an empty team,
 * or the difference is large.
 */
export function isDangerous({ added, removed, current }: DangerousSync, people: number): boolean {
  if (people === 0 && current > 0) return true;
  const changed = added + removed;
  return changed > changedMax && changed > changedShareMax * current;
}

/** A confirmation covers the numbers that the person saw, and smaller ones. */
export function isConfirmed({ teamId, added, removed }: DangerousSync, confirmed: readonly DangerousSync[]): boolean {
  return confirmed.some((one) => one.teamId === teamId && added <= one.added && removed <= one.removed);
}
