import assert from 'node:assert/strict';
import { OrgState } from '../../protocol/src/index.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/**
 * Access that ends, or shrinks and grows, on one instance while the member connects to another.
 * ROUNDS sets the number of races over all four kinds. The rounds differ in their interleaving.
 */
const rounds = Number(process.env.ROUNDS ?? 25);
/** Without Redis, each round waits for a sweep. */
const roundsWithoutRedis = Math.ceil(rounds / 10);
const concurrency = 6;
/** Rounds over all kinds. With fewer, one of the two orders may not occur. */
const enoughRounds = 400;

interface Race {
  readonly number: number;
  /** The instance where rights are changed, and the one where the member is connected. */
  readonly here: TestServer;
  readonly there: TestServer;
  readonly owner: Person;
  readonly member: Person;
  readonly org: ProvisionedOrg;
}

describeRaces('two instances on one Redis', rounds, async () => startInstances(2, { redisUrl: (await sharedRedis()).url }));
describeRaces('two instances without Redis', roundsWithoutRedis, () => startInstances(2));

function describeRaces(name: string, count: number, start: () => Promise<Instances>): void {
  describe(`races for access on ${name}`, function () {
    this.timeout(3_600_000);
    let instances: Instances;
    const freePairs: (readonly [Person, Person])[] = [];

    before(async () => {
      instances = await start();
      const [server] = instances.servers as [TestServer];
      while (freePairs.length < concurrency) freePairs.push([await aPerson(server), await aPerson(server)]);
    });
    after(() => instances?.stop());

    async function race(role: 'member' | 'manager', round: (race: Race) => Promise<string>): Promise<string[]> {
      const outcomes = new Set<string>();
      let next = 0;
      const runner = async () => {
        for (let number = next++; number < count / 4; number = next++) {
          const pair = freePairs.pop()!;
          const [owner, member] = pair;
          const [here, there] = (number % 2 === 0 ? instances.servers : instances.servers.toReversed()) as [TestServer, TestServer];
          try {
            const org = await anOrganizationOf(here, owner);
            await addMember(here, org, member, role);
            outcomes.add(await round({ number, here, there, owner, member, org }));
          } finally {
            freePairs.push(pair);
          }
        }
      };
      await Promise.all(Array.from({ length: concurrency }, runner));
      return [...outcomes].toSorted();
    }

    /**
     * Asserts that, with enough rounds, the removal came both before the subscription and after it.
     */
    function assertMet(outcomes: readonly string[], wanted: readonly string[]): void {
      if (count >= enoughRounds) assert.deepEqual(outcomes, wanted);
    }

    it('[R5] [A2] a member removed during the handshake receives no frame of the removal or of a later revision', async () => {
      const outcomes = await race('member', async (given) => {
        const { there, member, org, number } = given;
        let replica: WireReplica | null = null;
        const come = async () => {
          await takeTurns(number % 3 === 0 ? number % 60 : 0);
          replica = await WireReplica.connect(there.url, member.token);
          return replica.subscribe(org.slug);
        };
        const leave = async () => {
          await takeTurns(number % 3 === 1 ? number % 120 : 0);
          return remove(given);
        };
        const [answer, end] = await Promise.all([come(), leave()]);
        await assertEnded(replica!, answer.mode, end, given);
        return answer.mode;
      });
      assertMet(outcomes, ['denied', 'snapshot']);
    });

    it('[S-19] [A4] [R6] a member removed while reconnecting with a valid cursor receives no frame of the removal or of a later revision', async () => {
      const outcomes = await race('member', async (given) => {
        const { there, member, org, number } = given;
        const left = await WireReplica.open(there.url, member.token, org.slug);
        left.close();
        await rename(given, 'While away');
        const replica = await WireReplica.connect(there.url, member.token);
        replica.state = left.state;
        replica.revision = left.revision;
        const come = async () => {
          await takeTurns(number % 3 === 0 ? number % 60 : 0);
          return replica.subscribe(org.slug, { cursor: left.cursor });
        };
        const leave = async () => {
          await takeTurns(number % 3 === 1 ? number % 60 : 0);
          return remove(given);
        };
        const [answer, end] = await Promise.all([come(), leave()]);
        await assertEnded(replica, answer.mode, end, given);

        const again = await WireReplica.connect(there.url, member.token);
        assert.equal(
          (await again.subscribe(org.slug, { cursor: left.cursor })).mode,
          'denied',
          'the cursor restored records that are no longer visible',
        );
        again.close();
        return answer.mode;
      });
      assertMet(outcomes, ['denied', 'resume']);
    });

    it('[A3] a role that is lowered and raised within 10 ms hides what only managers see in between, and shows all of it afterwards', async () => {
      await race('manager', async (given) => {
        const { here, there, member, org } = given;
        const createToken = (api: TestServer) =>
          api.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'ci', scopes: ['org:read'] });
        await createToken(here);
        const replica = await WireReplica.open(there.url, member.token, org.slug);
        const changeRole = (api: TestServer, orgRole: string) =>
          api.request('PUT', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
            token: given.owner.token,
            body: { orgRole },
          });
        const lowering = changeRole(here, 'member');
        const hidden = createToken(there);
        const [lowered, created] = [await lowering, await hidden];
        const raised = await changeRole(there, 'manager');
        assert.deepEqual([lowered.status, created.status, raised.status], [200, 201, 200]);

        await replica.reach(revisionOf(raised));
        for (const { event, payload } of replica.frames) {
          const isBetween = event === 'step' && payload.to >= revisionOf(lowered) && payload.to < revisionOf(raised);
          if (!isBetween) continue;
          const shown = payload.changes.filter(({ op, kind }: { op: string; kind: string }) => op === 'put' && kind === 'auth-token');
          assert.deepEqual(shown, [], `a step up to ${payload.to} shows a token to a member`);
        }
        const { body } = await here.operate('GET', `/organizations/${org.id}/state/?audience=manager`);
        await replica.reach(body.revision);
        assert.deepEqual(replica.checksum(), { count: body.count, sum: body.sum });
        replica.close();
        return 'live';
      });
    });

    it('[A2] [A4] a member who is removed and added again loses the subscription with the removal, and the next one has the current rights', async () => {
      await race('member', async (given) => {
        const { here, there, member, org, number } = given;
        const replica = await WireReplica.open(there.url, member.token, org.slug);
        const kept = { state: OrgState.from(replica.state.all()), revision: replica.revision, cursor: replica.cursor };
        const end = await remove(given);
        const added = addMember(number % 2 === 0 ? here : there, org, member, 'member');
        await rename(given, 'Afterwards');
        await added;
        await assertEnded(replica, 'live', end, given);

        const again = await WireReplica.connect(there.url, member.token);
        assert.notEqual((await again.subscribe(org.slug, { cursor: null })).mode, 'denied');
        await again.live();
        // The earlier cursor is still valid. It returns the records that the current rights show.
        const resumed = await WireReplica.connect(there.url, member.token);
        resumed.state = kept.state;
        resumed.revision = kept.revision;
        assert.equal((await resumed.subscribe(org.slug, { cursor: kept.cursor })).mode, 'resume');
        const { body } = await here.operate('GET', `/organizations/${org.id}/state/?audience=member`);
        for (const one of [again, resumed]) {
          await one.reach(body.revision);
          assert.deepEqual(one.checksum(), { count: body.count, sum: body.sum });
          one.close();
        }
        return 'live';
      });
    });
  });
}

async function takeTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Removes the member and returns the revision that ends the access. */
async function remove({ here, owner, member, org }: Race): Promise<number> {
  const removed = await here.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
  assert.equal(removed.status, 204);
  return revisionOf(removed);
}

async function rename({ here, owner, org }: Race, name: string): Promise<void> {
  const renamed = await here.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });
  assert.equal(renamed.status, 200);
}

/** Writes once more and asserts that the removed member received nothing from revision `end` on. */
async function assertEnded(replica: WireReplica, mode: string, end: number, race: Race): Promise<void> {
  await rename(race, 'After the removal');
  if (mode !== 'denied') {
    await eventually(() => {
      assert.equal(replica.revoked?.revision, end);
      assert.equal(replica.socket.connected, false, 'a connection without a subscription is still open');
    });
  }
  replica.check();
  for (const { event, payload } of replica.frames) {
    const positions: number[] = Object.values(payload.orgs ?? {}).map((position) => (position as { revision: number }).revision);
    const upTo = Math.max(0, payload.to ?? payload.revision ?? 0, ...positions);
    assert.ok(event === 'revoked' || upTo < end, `${event} up to ${upTo} reached a member who was removed at ${end}`);
  }
  replica.close();
}
