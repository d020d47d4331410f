import assert from 'node:assert/strict';
import { Redis as Ioredis } from 'ioredis';
import { createClient } from 'redis';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('a program that embeds the server', () => {
  it('[R3] can pass its own Redis client options to the bus', async () => {
    const { url } = await sharedRedis();
    for (const redis of [createClient({ url }), new Ioredis(url, { lazyConnect: true })]) {
      const server = await startServer({}, { redis });
      await hasBus(server, 'redis');
      await server.stop();
    }
  });
});

/** Without Redis, access ends within 400 ms of the response. A busy machine may take longer. */
const endsWithinMs = 400;
const slackMs = 600;

describeInstances('with Redis', 'redis', async () => startInstances(3, { redisUrl: (await sharedRedis()).url }));
describeInstances('without Redis', 'memory', () => startInstances(2));

function describeInstances(name: string, bus: string, start: () => Promise<Instances>): void {
  describe(`several instances ${name}`, () => {
    let instances: Instances;
    let servers: readonly TestServer[];
    let owner: Person;
    let org: ProvisionedOrg;
    const replicas: WireReplica[] = [];

    before(async () => {
      instances = await start();
      servers = instances.servers;
      // An owner who requires a second factor has one.
      owner = await aPerson(servers[0]!, { hasSecondFactor: true });
    });
    after(() => instances?.stop());
    beforeEach(async () => {
      org = await anOrganizationOf(servers[0]!, owner);
    });
    afterEach(() => {
      for (const replica of replicas.splice(0)) {
        replica.check();
        replica.close();
      }
    });

    const createTeam = (server: TestServer) =>
      server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: `team-${nextNumber()}` } });

    async function openReplica(server: TestServer, person: Person): Promise<WireReplica> {
      const replica = await WireReplica.open(server.url, person.token, org.slug);
      replicas.push(replica);
      return replica;
    }

    const openEverywhere = (person: Person) => Promise.all(servers.map((server) => openReplica(server, person)));

    /** Waits without a request: the server pushes the revision by itself. */
    async function arrives(revision: number, replica: WireReplica): Promise<void> {
      await eventually(() => {
        replica.check();
        assert.ok(replica.revision >= revision, `at ${replica.revision}, waiting for ${revision}`);
      });
    }

    it('the health report of each instance names the bus', async () => {
      for (const server of servers) assert.equal((await server.operate('GET', '/health/')).body.bus, bus);
    });

    it('[R1] [R4] a change on any instance reaches the subscribers of all instances', async () => {
      const everywhere = await openEverywhere(owner);
      for (const server of servers) {
        const created = await createTeam(server);
        assert.equal(created.status, 201);
        for (const replica of everywhere) {
          await arrives(revisionOf(created), replica);
          assert.deepEqual((replica.state.get('team', created.body.id) as { slug?: string } | null)?.slug, created.body.slug);
        }
      }
    });

    it('[W1] concurrent writes on all instances reach all subscribers in one order', async () => {
      const everywhere = await openEverywhere(owner);
      const written = await Promise.all(servers.flatMap((server) => Array.from({ length: 10 }, () => createTeam(server))));
      for (const { status, body } of written) assert.equal(status, 201, JSON.stringify(body));
      const revisions = written.map(revisionOf).toSorted((a, b) => a - b);
      assert.equal(new Set(revisions).size, written.length);
      assert.equal(revisions.at(-1)! - revisions[0]! + 1, written.length, 'a revision is missing');
      const { body: oracle } = await servers[0]!.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
      for (const replica of everywhere) {
        await arrives(revisions.at(-1)!, replica);
        assert.deepEqual(replica.checksum(), { count: oracle.count, sum: oracle.sum });
      }
    });

    it('[A1] [A2] the subscriptions of a removed member end on every instance, and receive nothing later', async () => {
      const member = await aPerson(servers[0]!);
      await addMember(servers[0]!, org, member, 'member');
      const theirs = await openEverywhere(member);
      const removed = await servers.at(-1)!.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
        token: owner.token,
      });
      assert.equal(removed.status, 204);
      const answeredAt = performance.now();
      const later = await createTeam(servers[0]!);
      const endedAt = await Promise.all(
        theirs.map((replica) =>
          eventually(() => {
            assert.ok(replica.revoked, 'a subscription of the member has not ended');
            return performance.now();
          }),
        ),
      );
      for (const at of endedAt) assert.ok(at - answeredAt < endsWithinMs + slackMs, `access ended after ${at - answeredAt} ms`);
      await Promise.all((await openEverywhere(owner)).map((replica) => arrives(revisionOf(later), replica)));
      for (const replica of theirs) {
        assert.equal(replica.revoked?.revision, revisionOf(removed));
        assert.ok(replica.revision < revisionOf(removed), 'a replica of the removed member contains the removal');
      }
    });

    it('[A2] the connections of a disabled user end on every instance', async () => {
      const member = await aPerson(servers[0]!);
      await addMember(servers[0]!, org, member, 'member');
      const theirs = await openEverywhere(member);
      const disabled = await servers.at(-1)!.operate('PUT', `/users/${member.userId}/`, { isActive: false });
      assert.equal(disabled.status, 200);
      // If the organization's stream is read first, the end of the subscription is sent, and the
      // connection ends with its last subscription.
      await assertEnded(theirs, ['goodbye: user-disabled', 'revoked: removed']);
      for (const server of servers) await assert.rejects(WireReplica.connect(server.url, member.token));
    });

    for (const { what, act, endings } of [
      {
        what: 'removed',
        act: (server: TestServer, { memberId }: Person) =>
          server.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: owner.token }),
        endings: ['revoked: removed'],
      },
      {
        what: 'disabled',
        act: (server: TestServer, { userId }: Person) => server.operate('PUT', `/users/${userId}/`, { isActive: false }),
        endings: ['goodbye: user-disabled', 'revoked: removed'],
      },
      {
        what: 'locked out by a required second factor',
        act: (server: TestServer) =>
          server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { require2FA: true } }),
        endings: ['revoked: two-factor-required', 'revoked: removed'],
      },
    ]) {
      it(`[S-13] a member who is ${what} receives nothing more on any instance, within the bound`, async () => {
        const person = await aPerson(servers[0]!);
        await addMember(servers[0]!, org, person, 'manager');
        const theirs = await openEverywhere(person);
        const witnesses = await openEverywhere(owner);
        const ended = await act(servers.at(-1)!, person);
        assert.ok(ended.status < 300, `${ended.status} ${JSON.stringify(ended.body)}`);
        const answeredAt = performance.now();
        const later = await createTeam(servers[0]!);
        await Promise.all(
          theirs.map((replica) =>
            eventually(() => {
              // The changes that a heartbeat requests do not arrive either.
              replica.ping();
              assert.ok(replica.revoked || !replica.socket.connected, 'a subscription of the member has not ended');
            }),
          ),
        );
        const took = performance.now() - answeredAt;
        assert.ok(took < endsWithinMs + slackMs, `access ended after ${took} ms`);
        await Promise.all(witnesses.map((replica) => arrives(revisionOf(later), replica)));
        for (const replica of theirs) {
          replica.check();
          const ends = replica.frames.filter(({ event }) => event === 'revoked' || event === 'goodbye');
          assert.ok(endings.includes(`${ends[0]?.event}: ${ends[0]?.payload.reason}`), JSON.stringify(ends));
          const mentionsLater = (payload: unknown) => JSON.stringify(payload).includes(later.body.slug);
          assert.ok(!replica.frames.some(({ payload }) => mentionsLater(payload)), 'a later change arrived');
        }
        for (const server of servers) {
          const again = await WireReplica.connect(server.url, person.token).catch(() => null);
          if (again) assert.equal((await again.subscribe(org.slug)).mode, 'denied');
          again?.close();
        }
      });
    }

    it('[S-13] [A3] a demoted member receives nothing of the higher role on any instance, within the bound', async () => {
      const person = await aPerson(servers[0]!);
      await addMember(servers[0]!, org, person, 'manager');
      const theirs = await openEverywhere(person);
      for (const replica of theirs) assert.ok(replica.state.recordsOf('audit-entry').size > 0, 'a manager sees the audit log');
      const demoted = await servers.at(-1)!.request('PUT', `/api/0/organizations/${org.slug}/members/${person.memberId}/`, {
        token: owner.token,
        body: { orgRole: 'member' },
      });
      assert.equal(demoted.status, 200);
      const answeredAt = performance.now();
      const later = await createTeam(servers[0]!);
      await Promise.all(
        theirs.map((replica) => eventually(() => assert.equal(replica.state.recordsOf('audit-entry').size, 0, 'still a manager'))),
      );
      const took = performance.now() - answeredAt;
      assert.ok(took < endsWithinMs + slackMs, `the higher role ended after ${took} ms`);
      const { records } = (await servers[0]!.operate('GET', `/organizations/${org.id}/state/?audience=member`)).body;
      const seen = new Map(records.map((one: { kind: string; id: string; record: unknown }) => [`${one.kind}/${one.id}`, one.record]));
      for (const replica of theirs) {
        await arrives(revisionOf(later), replica);
        const since = replica.frames.filter(({ event, payload }) => event === 'step' && payload.to >= revisionOf(demoted));
        const put = since.flatMap(({ payload }) => payload.changes).filter(({ op, kind }) => op === 'put' && kind === 'audit-entry');
        assert.deepEqual(put, [], 'an entry of the audit log arrived after the demotion');
        assert.deepEqual(replica.records(), seen);
      }
    });

    it('[A5] the connections of a revoked token end on every instance, and those of the user’s other tokens stay', async () => {
      const other = await servers[0]!.operate('POST', `/users/${owner.userId}/tokens/`, {
        scopes: ['org:read', 'member:read', 'team:read'],
      });
      assert.equal(other.status, 201);
      const kept = await openEverywhere(owner);
      const theirs = await openEverywhere({ ...owner, token: other.body.token });
      const revoked = await servers.at(-1)!.operate('DELETE', `/users/${owner.userId}/tokens/${other.body.id}/`);
      assert.equal(revoked.status, 204);
      await assertEnded(theirs, ['goodbye: credential-revoked']);
      const created = await createTeam(servers[0]!);
      for (const replica of kept) await arrives(revisionOf(created), replica);
    });

    it('[R6] a cursor of one instance resumes on another by one step', async () => {
      const [first, second] = servers as [TestServer, TestServer];
      const left = await openReplica(first, owner);
      left.close();
      const written = [await createTeam(first), await createTeam(second), await createTeam(first)];

      const came = await WireReplica.connect(second.url, owner.token);
      replicas.push(came);
      came.state = left.state;
      came.revision = left.revision;
      const answer = await came.subscribe(org.slug, { cursor: left.cursor });
      assert.equal(answer.mode, 'resume');
      await arrives(revisionOf(written.at(-1)!), came);
      assert.deepEqual(
        came.frames.filter(({ event }) => event === 'step' || event === 'snapshot').map(({ event }) => event),
        ['step'],
      );
      for (const { body } of written) assert.ok(came.state.get('team', body.id));
    });

    async function assertEnded(theirs: readonly WireReplica[], lastFrames: readonly string[]): Promise<void> {
      const answeredAt = performance.now();
      await Promise.all(
        theirs.map((replica) =>
          eventually(() => {
            assert.ok(!replica.socket.connected, 'still connected');
          }),
        ),
      );
      const took = performance.now() - answeredAt;
      assert.ok(took < endsWithinMs + slackMs, `the last connection ended after ${took} ms`);
      for (const { frames } of theirs) {
        const last = `${frames.at(-1)?.event}: ${frames.at(-1)?.payload.reason}`;
        assert.ok(lastFrames.includes(last), `the last frame was ${last}`);
      }
    }
  });
}
