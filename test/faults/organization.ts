import { type Collection, scopes as everyScope, type OrgRoleId, type Scope } from '../../protocol/src/index.ts';
import { addMember, anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import type { Stage } from './stage.ts';
import type { Verdicts } from './verdicts.ts';
import { WatchedReplica } from './watched-replica.ts';

interface Part {
  readonly role: OrgRoleId;
  readonly scopes: readonly Scope[];
  readonly collections: readonly Collection[] | null;
  /** Half of them live by a browser's lease, half by a back end's. */
  readonly leaseMs: number;
}

const all = { scopes: everyScope, collections: null };

/** Who follows each organization: all roles, a narrow token, and one who asks for a part. The first is the owner, who stays. */
const cast: readonly Part[] = [
  { role: 'owner', ...all, leaseMs: 5_000 },
  { role: 'manager', ...all, leaseMs: 15_000 },
  { role: 'admin', ...all, leaseMs: 5_000 },
  { role: 'member', ...all, leaseMs: 15_000 },
  { role: 'member', scopes: ['org:read', 'team:read'], collections: null, leaseMs: 5_000 },
  { role: 'member', scopes: everyScope, collections: ['members', 'teams'], leaseMs: 15_000 },
];

/** Somebody whose place in the organization comes and goes. */
export interface Subject {
  readonly person: Person;
  /** Null while it is about to change. */
  isMember: boolean | null;
  /** How often it was about to change. */
  turns: number;
}

/** One organization on the stage, with everybody who follows it. */
export interface Organization {
  readonly name: string;
  readonly id: string;
  readonly slug: string;
  readonly owner: Person;
  readonly subjects: readonly Subject[];
  readonly replicas: readonly WatchedReplica[];
}

/** @param copies replicas a person, on as many instances */
export async function openOrganization(stage: Stage, verdicts: Verdicts, name: string, copies: number): Promise<Organization> {
  const { api } = stage.instances[0]!;
  const people = await Promise.all(cast.map(({ scopes }) => aPerson(api, { scopes, hasSecondFactor: true })));
  const owner = people[0]!;
  const org = await anOrganizationOf(api, owner);
  for (const [index, person] of people.entries()) if (index > 0) await addMember(api, org, person, cast[index]!.role);

  const replicas: WatchedReplica[] = [];
  for (const [index, { role, scopes, collections, leaseMs }] of cast.entries()) {
    for (let copy = 0; copy < copies; copy++) {
      const home = stage.instances[(index + copy) % stage.instances.length]!;
      const options = {
        name: `${name}'s ${role} ${index + 1}.${copy + 1}`,
        orgId: org.id,
        person: people[index]!,
        tokenScopes: scopes,
        collections,
        leaseMs,
        // Mostly home, as by a balancer that keeps to one; elsewhere when that is down, and now and then.
        target: () => (home.isUp && stage.parts.random.chance(0.8) ? home : stage.pickInstance()).port,
        chance: () => stage.parts.random.float(),
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
