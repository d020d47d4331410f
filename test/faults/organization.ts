import { type Collection, scopes as everyScope, type OrgRoleId, type Scope } from '../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import type { Cluster } from './cluster.ts';
import type { Verdicts } from './verdicts.ts';
import { WatchedReplica } from './watched-replica.ts';

interface SubscriberRole {
  readonly role: OrgRoleId;
  readonly scopes: readonly Scope[];
  readonly collections: readonly Collection[] | null;
  /** Half of them have a browser's lease, half a back end's. */
  readonly leaseMs: number;
}

const all = { scopes: everyScope, collections: null };

/**
 * The subscribers of each organization: all roles, a narrow token, and one with a part of the
 * collections. The first is the owner, who stays.
 */
const subscriberRoles: readonly SubscriberRole[] = [
  { role: 'owner', ...all, leaseMs: 5_000 },
  { role: 'manager', ...all, leaseMs: 15_000 },
  { role: 'admin', ...all, leaseMs: 5_000 },
  { role: 'member', ...all, leaseMs: 15_000 },
  { role: 'member', scopes: ['org:read', 'team:read'], collections: null, leaseMs: 5_000 },
  { role: 'member', scopes: everyScope, collections: ['members', 'teams'], leaseMs: 15_000 },
];

/** A person who is repeatedly removed and added. */
export interface Subject {
  readonly person: Person;
  /** Null while it is about to change. */
  isMember: boolean | null;
  /** The number of changes so far. */
  turns: number;
}

/** One organization of the run, with all its subscribers. */
export interface Organization {
  readonly name: string;
  readonly id: string;
  readonly slug: string;
  readonly owner: Person;
  readonly subjects: readonly Subject[];
  readonly replicas: readonly WatchedReplica[];
}

/** @param copies replicas per person, on as many instances */
export async function openOrganization(cluster: Cluster, verdicts: Verdicts, name: string, copies: number): Promise<Organization> {
  const { api } = cluster.instances[0]!;
  const people = await Promise.all(subscriberRoles.map(({ scopes }) => aPerson(api, { scopes, hasSecondFactor: true })));
  const owner = people[0]!;
  const org = await anOrganizationOf(api, owner);
  for (const [index, person] of people.entries()) if (index > 0) await addMember(api, org, person, subscriberRoles[index]!.role);

  const replicas: WatchedReplica[] = [];
  for (const [index, { role, scopes, collections, leaseMs }] of subscriberRoles.entries()) {
    for (let copy = 0; copy < copies; copy++) {
      const home = cluster.instances[(index + copy) % cluster.instances.length]!;
      const options = {
        name: `${name}'s ${role} ${index + 1}.${copy + 1}`,
        orgId: org.id,
        person: people[index]!,
        tokenScopes: scopes,
        collections,
        leaseMs,
        // Mostly the home instance, like a balancer with affinity. Another one when that is down,
        // and sometimes at random.
        target: () => (home.isUp && cluster.parts.random.chance(0.8) ? home : cluster.pickInstance()).port,
        chance: () => cluster.parts.random.float(),
      };
      replicas.push(await WatchedReplica.open(options, verdicts));
    }
  }
  return {
    name,
    id: org.id,
    slug: org.slug,
    owner,
    subjects: people.slice(1).map((person) => ({ person, isMember: true, turns: 0 })),
    replicas,
  };
}
