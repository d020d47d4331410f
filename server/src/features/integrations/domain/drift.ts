import type { ExternalUserRecord, MemberRecord } from '@rollcall/protocol';
import type { ExternalActor } from './directory-reading.ts';
import { isActiveMember, mappingFinder } from './followed-team.ts';

/** The differences between the people at a provider and the members here. */
export interface Drift {
  /** People at the provider who are mapped to no member. */
  readonly thereNotHere: readonly ExternalActor[];
  /** Active members without a person at the provider. */
  readonly hereNotThere: readonly MissingMember[];
}

export interface MissingMember {
  readonly member: MemberRecord;
  /** The person of the mapping, who is not at the provider. Null for a member without a mapping. */
  readonly externalName: string | null;
}

/** @param mappings those of the integration */
export function driftOf(
  people: readonly ExternalActor[],
  members: readonly MemberRecord[],
  mappings: readonly ExternalUserRecord[],
): Drift {
  const findMapping = mappingFinder(mappings);
  const thereNotHere: ExternalActor[] = [];
  const found = new Set<string>();
  for (const person of people) {
    const mapping = findMapping(person);
    if (mapping) found.add(mapping.memberId);
    else thereNotHere.push(person);
  }
  const nameOf = new Map(mappings.map(({ memberId, externalName }) => [memberId, externalName]));
  const hereNotThere = members
    .filter((member) => isActiveMember(member) && !found.has(member.id))
    .map((member) => ({ member, externalName: nameOf.get(member.id) ?? null }));
  return { thereNotHere, hereNotThere };
}
