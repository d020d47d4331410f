import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';

/** Rounds for each pair of actions. ROUNDS=1000 finds rarer interleavings. */
const rounds = Number(process.env.ROUNDS ?? 12);

const acts = ['demotes', 'removes', 'leaves'] as const;
type Act = (typeof acts)[number];

describe('two owners at two instances', function () {
  this.timeout(1_200_000);

  let instances: Instances;
  let servers: [TestServer, TestServer];
  let people: [Person, Person];

  before(async () => {
    instances = await startInstances(2);
    servers = instances.servers as [TestServer, TestServer];
    people = [await aPerson(servers[0]), await aPerson(servers[0])];
  });
  after(() => instances?.stop());

  function act(kind: Act, server: TestServer, slug: string, actor: Person, other: Person) {
    const path = `/api/0/organizations/${slug}/members/${kind === 'leaves' ? 'me' : other.memberId}/`;
    return server.request(kind === 'demotes' ? 'PUT' : 'DELETE', path, {
      token: actor.token,
      ...(kind === 'demotes' ? { body: { orgRole: 'member' } } : {}),
    });
  }

  async function ownersOf(id: string): Promise<number> {
    const { body } = await servers[1].operate('GET', `/organizations/${id}/state/?audience=owner`);
    const isOwner = ({ kind, record }: { kind: string; record: { orgRole?: string } }) => kind === 'member' && record.orgRole === 'owner';
    return body.records.filter(isOwner).length;
  }

  for (const [index, one] of acts.entries()) {
    for (const other of acts.slice(index)) {
      it(`[S-08] leave at least one owner if one ${one} while the other ${other}`, async () => {
        for (let round = 0; round < rounds; round++) {
          const org = await anOrganizationOf(servers[0], people[0]);
          await addMember(servers[0], org, people[1], 'owner');
          const answers = await Promise.all([
            act(one, servers[0], org.slug, people[0], people[1]),
            act(other, servers[1], org.slug, people[1], people[0]),
          ]);
          const statuses = answers.map(({ status }) => status);
          assert.ok(
            statuses.every((status) => status < 500),
            `round ${round}: ${statuses}`,
          );
          assert.ok((await ownersOf(org.id)) >= 1, `round ${round}: no owner remains after ${statuses}`);
        }
      });
    }
  }
});
