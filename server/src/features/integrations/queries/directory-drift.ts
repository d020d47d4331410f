import { OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readExternalUsersOf } from '../../../database/outlets/mappings.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import type { Actor } from '../../../domain/actor.ts';
import { systemClock, yieldToLoop } from '../../../runtime/clock.ts';
import { findDirectoryReadInRows } from '../database/directory-reads.ts';
import { driftOf } from '../domain/drift.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { findIntegration } from './integrations.ts';

/** A longer list is cut. A search finds the others. */
const listMax = 1_000;

/**
 * The last reading of a directory, and its differences from the current members (REST contract
 * 13.14).
 * @param search a part of a name, in any case. Empty for all.
 * @throws OrgError as `findIntegration`; `invalid` for an integration without a directory
 */
export async function readDirectoryDrift(db: Db, orgId: string, actor: Actor, segment: string, search: string) {
  const { integration } = await findIntegration(db, orgId, actor, segment, managesIntegrations);
  const [read, mappings, members] = await Promise.all([
    findDirectoryReadInRows(db, orgId, integration.id),
    readExternalUsersOf(db, orgId, { memberIds: [], integrationIds: [integration.id] }),
    readMembers(db, orgId),
  ]);
  if (!read) throw new OrgError('invalid', 'The people of this integration are not read, so there is nothing to compare.');
  const { drift, people } = read;
  const isFound = (name: string | null) => name?.toLowerCase().includes(search.toLowerCase()) ?? false;
  const { thereNotHere, hereNotThere } = driftOf(people, members, mappings);
  // The comparison and the search of 100,000 people take 15 ms each.
  await yieldToLoop(systemClock);
  return {
    isReading: read.lease !== null,
    lastReadAt: read.last_read_at,
    nextReadAt: read.next_read_at,
    error: read.last_error,
    name: drift?.name ?? null,
    people: people.length,
    thereNotHere: {
      count: thereNotHere.length,
      rows: cut(thereNotHere.filter(({ name }) => isFound(name))).map(externalOf),
    },
    hereNotThere: {
      count: drift ? hereNotThere.length : 0,
      rows: cut(drift ? hereNotThere.filter(({ member, externalName }) => isFound(member.name) || isFound(externalName)) : []).map(
        ({ member, externalName }) => ({ memberId: member.id, externalName }),
      ),
    },
    groups: cut(drift?.groups ?? []).map(externalOf),
    needsConfirmation: drift?.needsConfirmation ?? [],
  };
}

function cut<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, listMax);
}

function externalOf({ id, name }: { readonly id: string; readonly name: string }) {
  return { externalId: id, externalName: name };
}
