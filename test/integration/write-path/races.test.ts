import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/**
 * Two concurrent actions on real connections to PostgreSQL. ROUNDS sets the number of rounds of
 * each race, which differ in their interleaving. The default number meets each order often. A long
 * run uses more.
 */
const rounds = Number(process.env.ROUNDS ?? 30);
/** Concurrent rounds. More would wait for the ten connections of the pool. */
const concurrency = 4;

async function race(round: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const runner = async () => {
    while (next < rounds) await round(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, runner));
}

async function takeTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('races', function () {
  this.timeout(600_000);
  let server: TestServer;
  let people: Person[];
  /**
   * The pairs that no round uses. The rounds of a race share people, so each round takes a pair of
   * its own.
   */
  const freePairs: [Person, Person][] = [];

  before(async () => {
    server = await startServer();
    people = await Promise.all(Array.from({ length: concurrency * 2 }, () => aPerson(server)));
    for (let index = 0; index < people.length; index += 2) freePairs.push([people[index]!, people[index + 1]!]);
  });
  after(() => server.stop());

  async function withPair(run: (first: Person, second: Person) => Promise<void>): Promise<void> {
    const pair = freePairs.pop()!;
    try {
      await run(...pair);
    } finally {
      freePairs.push(pair);
    }
  }

  const rest = (method: string, path: string, person: Person, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: person.token, body, headers });

  async function ownersOf(org: ProvisionedOrg): Promise<number> {
    const state = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    return state.body.records.filter(
      ({ kind, record }: { kind: string; record: { orgRole?: string } }) => kind === 'member' && record.orgRole === 'owner',
    ).length;
  }

  it('[W2] [S-08] one owner remains if two owners demote each other concurrently', () =>
    race(() =>
      withPair(async (first, second) => {
        const org = await anOrganizationOf(server, first);
        await addMember(server, org, second, 'owner');
        const demote = (actor: Person, target: Person) =>
          rest('PUT', `/organizations/${org.slug}/members/${target.memberId}/`, actor, { orgRole: 'member' });
        const answers = await Promise.all([demote(first, second), demote(second, first)]);
        const refused = answers.filter(({ status }) => status !== 200);
        assert.equal(refused.length, 1, 'one demotion wins, and the demoted owner may no longer demote');
        // A member holds a scope of the endpoint (member:invite), but may assign no role (REST
        // contract 6.5).
        assert.equal(refused[0]!.status, 400);
        assert.equal(await ownersOf(org), 1);
      }),
    ));

  it('[W2] [V2.3.4] one of two concurrent requests for a slug gets it', async () => {
    const owner = people[0]!;
    const org = await anOrganizationOf(server, owner);
    await race(async () => {
      const slug = `team-${nextNumber()}`;
      const create = () => rest('POST', `/organizations/${org.slug}/teams/`, owner, { slug });
      const answers = await Promise.all([create(), create()]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409]);
    });
  });

  it('[W5] two concurrent requests with one Idempotency-Key create one revision and get one response', async () => {
    const owner = people[0]!;
    const org = await anOrganizationOf(server, owner);
    await race(async () => {
      const headers = { 'Idempotency-Key': randomUUID() };
      const name = `Team ${nextNumber()}`;
      const create = () => rest('POST', `/organizations/${org.slug}/teams/`, owner, { name }, headers);
      const [first, second] = await Promise.all([create(), create()]);
      assert.equal(first.status, 201);
      assert.deepEqual(second.body, first.body);
      assert.equal(revisionOf(second), revisionOf(first));
    });
    const heads = await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    assert.equal(heads.body.revision, rounds + 1, 'one revision per round, and the first');
  });

  it('[W5] two concurrent requests with one key create one organization', () =>
    race(async (number) => {
      const owner = people[number % people.length]!;
      const headers = { 'Idempotency-Key': randomUUID() };
      const slug = `org-${nextNumber()}`;
      const create = () => rest('POST', '/organizations/', owner, { name: 'Org', slug }, headers);
      const [first, second] = await Promise.all([create(), create()]);
      assert.deepEqual([first.status, second.status], [201, 201]);
      assert.equal(second.body.id, first.body.id);
    }));

  it('[W2] a manager’s write that races with their demotion is committed before it or rejected', () =>
    race(() =>
      withPair(async (owner, manager) => {
        const org = await anOrganizationOf(server, owner);
        await addMember(server, org, manager, 'manager');
        const [write, demotion] = await Promise.all([
          rest('PUT', `/organizations/${org.slug}/`, manager, { name: 'By the manager' }),
          rest('PUT', `/organizations/${org.slug}/members/${manager.memberId}/`, owner, { orgRole: 'member' }),
        ]);
        assert.equal(demotion.status, 200);
        if (write.status === 200) assert.ok(revisionOf(write) < revisionOf(demotion), 'the write came after the demotion and was accepted');
        else assert.equal(write.status, 403);
      }),
    ));

  it('[R5] a member removed while subscribing never receives a later step', async () => {
    const outcomes = new Set<string>();
    await race((number) =>
      withPair(async (owner, member) => {
        const org = await anOrganizationOf(server, owner);
        await addMember(server, org, member, 'member');
        const replica = await WireReplica.connect(server.url, member.token);
        // Each round meets at another point: one of the two starts later, by a growing number of
        // turns of the loop.
        const subscribe = async () => {
          if (number % 2 === 0) await takeTurns(number % 100);
          return replica.subscribe(org.slug);
        };
        const remove = async () => {
          if (number % 2 === 1) await takeTurns(number % 25);
          return rest('DELETE', `/organizations/${org.slug}/members/${member.memberId}/`, owner);
        };
        const [answer, removed] = await Promise.all([subscribe(), remove()]);
        assert.equal(removed.status, 204);
        const end = revisionOf(removed);
        const later = await rest('PUT', `/organizations/${org.slug}/`, owner, { name: 'After the removal' });
        assert.equal(later.status, 200);
        outcomes.add(answer.mode);
        if (answer.mode !== 'denied') {
          await eventually(() => {
            assert.equal(replica.revoked?.revision, end);
            assert.equal(replica.revoked?.reason, 'removed');
            assert.equal(replica.socket.connected, false, 'a connection without a subscription is still open');
          });
        }
        replica.check();
        for (const { event, payload } of replica.frames) {
          const upTo = payload.to ?? payload.revision ?? 0;
          assert.ok(event === 'revoked' || upTo < end, `${event} up to ${upTo} reached a member who was removed at ${end}`);
        }
        replica.close();
      }),
    );
    assert.deepEqual(
      [...outcomes].toSorted(),
      ['denied', 'snapshot'],
      'no round had the removal before the subscription, or none had it after',
    );
  });
});
