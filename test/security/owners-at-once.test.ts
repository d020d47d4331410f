import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { addAuthProvider, changeMember, changeRecords, enforceChanges } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';

/** Rounds for each pair of actions. ROUNDS=1000 finds rarer interleavings. */
const rounds = Number(process.env.ROUNDS ?? 4);
/**
 * Rounds with recovery owners. There are fewer of them, because each takes several more revisions
 * than a round with ordinary owners.
 */
const recoveryRounds = Number(process.env.ROUNDS ?? 2);

const acts = ['demotes', 'removes', 'leaves'] as const;
type Act = (typeof acts)[number];

interface OwnerRecord {
  readonly orgRole?: string;
  readonly isRecoveryOwner?: boolean;
}

describe('two owners at two instances', function () {
  this.timeout(1_200_000);

  let instances: Instances;
  let servers: [TestServer, TestServer];
  let people: [Person, Person];

  before(async () => {
    instances = await startInstances(2);
    servers = instances.servers as [TestServer, TestServer];
    people = [await aPerson(servers[0], { hasSecondFactor: true }), await aPerson(servers[0], { hasSecondFactor: true })];
  });
  after(() => instances?.stop());

  function act(kind: Act, server: TestServer, slug: string, actor: Person, other: Person) {
    const path = `/api/0/organizations/${slug}/members/${kind === 'leaves' ? 'me' : other.memberId}/`;
    return server.request(kind === 'demotes' ? 'PUT' : 'DELETE', path, {
      token: actor.token,
      ...(kind === 'demotes' ? { body: { orgRole: 'member' } } : {}),
    });
  }

  async function twoOwners(): Promise<ProvisionedOrg> {
    const org = await anOrganizationOf(servers[0], people[0]);
    await addMember(servers[0], org, people[1], 'owner');
    return org;
  }

  /** Both owners act at the same time. Returns the statuses. */
  async function actAtOnce(org: ProvisionedOrg, one: Act, other: Act): Promise<string> {
    const answers = await Promise.all([
      act(one, servers[0], org.slug, people[0], people[1]),
      act(other, servers[1], org.slug, people[1], people[0]),
    ]);
    const statuses = answers.map(({ status }) => status);
    assert.ok(
      statuses.every((status) => status < 500),
      `${statuses}`,
    );
    return statuses.join(', ');
  }

  async function ownersOf({ id }: ProvisionedOrg): Promise<OwnerRecord[]> {
    const { body } = await servers[1].operate('GET', `/organizations/${id}/state/?audience=owner`);
    const members = body.records.filter(({ kind }: { kind: string }) => kind === 'member');
    return members.map(({ record }: { record: OwnerRecord }) => record).filter(({ orgRole }: OwnerRecord) => orgRole === 'owner');
  }

  for (const [index, one] of acts.entries()) {
    for (const other of acts.slice(index)) {
      it(`[S-08] [V2.3.4] leave at least one owner if one ${one} while the other ${other}`, async () => {
        for (let round = 0; round < rounds; round++) {
          const org = await twoOwners();
          const statuses = await actAtOnce(org, one, other);
          assert.ok((await ownersOf(org)).length >= 1, `round ${round}: no owner remains after ${statuses}`);
        }
      });

      it(`[S-59] leave at least one recovery owner if one ${one} while the other ${other}`, async () => {
        for (let round = 0; round < recoveryRounds; round++) {
          const org = await twoOwners();
          const keeper = await aPerson(servers[0]);
          await addMember(servers[0], org, keeper, 'owner');
          await addAuthProvider(servers[0], org.id);
          await changeRecords(servers[0], org.id, (state) => [
            ...people.flatMap(({ memberId }) => changeMember(state, memberId!, { isRecoveryOwner: true })),
            ...enforceChanges(state),
          ]);
          const statuses = await actAtOnce(org, one, other);
          const remaining = (await ownersOf(org)).filter(({ isRecoveryOwner }) => isRecoveryOwner);
          assert.equal(remaining.length, 1, `round ${round}: ${remaining.length} recovery owners remain after ${statuses}`);
        }
      });
    }
  }
});
