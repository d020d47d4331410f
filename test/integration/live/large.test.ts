import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { connect, type LoadingProgress } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { importMembers } from '../../support/large.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const memberCount = 20_000;

/** Behavior at any size. `npm run bench:large` measures the time. */
describe('a large organization', function () {
  this.timeout(180_000);
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let late: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
    await importMembers(server, org, memberCount);
    // This member is in the last page that is read.
    late = await aPerson(server);
    await addMember(server, org, late, 'owner');
  });
  after(() => server.stop());

  const count = (name: 'snapshotBuilds') => server.services.writePath.counters.get(name);
  const setRole = (memberId: string, orgRole: string) =>
    server.request('PUT', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: owner.token, body: { orgRole } });

  /** A member of one of the last pages that are read. */
  async function lastMemberId(): Promise<string> {
    const members = server.services.db
      .selectFrom('members')
      .select('id')
      .where('organization_id', '=', org.id)
      .where('role', '=', 'member');
    return (await members.orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow()).id;
  }

  it('[R5] [R10] arrives in parts while it is read, with one read for all subscribers, and contains a role that changes in between', async () => {
    const builds = count('snapshotBuilds');
    const clients = [owner, late, owner, late].map(({ token }) => connect({ url: server.url, token }));
    try {
      const memberId = await lastMemberId();
      const progress: (LoadingProgress | null)[] = [];
      let changing: Promise<number> | null = null;
      const handles = clients.map((client) => client.organization(org.slug));
      handles[0]!.on('status', ({ after: { loading, phase } }) => {
        progress.push(loading);
        if (loading) assert.equal(phase, 'loading');
        if (loading) changing ??= setRole(memberId, 'manager').then(revisionOf);
      });
      await Promise.all(handles.map((handle) => handle.ready()));

      const { parts } = progress[0]!;
      assert.ok(parts >= memberCount / 250, `${parts} parts`);
      assert.deepEqual(
        progress.slice(0, parts).map((one) => one?.part),
        Array.from({ length: parts }, (_, index) => index + 1),
      );
      assert.equal(progress[parts], null);
      assert.equal(handles[0]!.status.loading, null);
      const revision = await changing!;
      for (const handle of handles) {
        await handle.waitFor(revision);
        assert.equal(handle.state.members.length, memberCount + 3);
        assert.equal(handle.state.members.find(({ id }) => id === memberId)?.orgRole, 'manager');
      }
      assert.equal(count('snapshotBuilds'), builds + 1);
    } finally {
      for (const client of clients) client.close();
    }
  });

  it('[R5] keeps no database transaction open while its parts are sent', async () => {
    const replica = await WireReplica.connect(server.url, owner.token);
    await replica.subscribe(org.slug);
    replica.pause();
    // Reads of a sweep or a ping end at once. A transaction that lasts is held open.
    await eventually(async () => {
      const { rows } =
        await sql`select state, query from pg_stat_activity where application_name = 'rollcall' and datname = current_database() and xact_start < now() - interval '0.2 s'`.execute(
          server.services.db,
        );
      assert.deepEqual(rows, []);
    });
    assert.equal(replica.isLive, false);
    replica.resume();
    await eventually(() => assert.ok(replica.isLive, 'it is not live'), { timeoutMs: 30_000 });
    replica.check();
    replica.close();
  });

  it('[A1] [A2] stops arriving at once for a member who is removed during the transfer', async () => {
    const leaving = await aPerson(server);
    await addMember(server, org, leaving, 'member');
    const replica = await WireReplica.connect(server.url, leaving.token);
    await replica.subscribe(org.slug);
    replica.pause();
    const removed = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${leaving.memberId}/`, { token: owner.token });
    assert.equal(removed.status, 204);
    replica.resume();
    await eventually(() => assert.equal(replica.revoked?.revision, revisionOf(removed)), { timeoutMs: 30_000 });
    assert.equal(replica.isLive, false);
    replica.check();
    replica.close();
  });

  it('[R5] [A3] starts again when the rights of its recipient change half-way', async () => {
    const replica = await WireReplica.connect(server.url, member.token);
    await replica.subscribe(org.slug);
    replica.pause();
    const raised = await setRole(member.memberId!, 'manager');
    replica.resume();
    await eventually(() => assert.ok(replica.isLive && replica.revision >= revisionOf(raised), `it is at ${replica.revision}`), {
      timeoutMs: 30_000,
    });
    replica.check();
    const restarts = replica.frames.filter(({ event }) => event === 'resync');
    assert.deepEqual(
      restarts.map(({ payload }) => payload.reason),
      ['access-changed'],
    );
    assert.equal(replica.state.recordsOf('member').size, memberCount + 3);
    await setRole(member.memberId!, 'member');
    replica.close();
  });

  it('[A3] arrives again, in parts, for a viewer who may now see its other members', async () => {
    const replica = await WireReplica.open(server.url, member.token, org.slug);
    const { frames } = replica;
    const before = frames.length;
    const raised = await setRole(member.memberId!, 'owner');
    await eventually(() => assert.ok(replica.isLive && replica.revision >= revisionOf(raised), `it is at ${replica.revision}`), {
      timeoutMs: 30_000,
    });
    await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { enhancedPrivacy: true } });
    const lowered = await setRole(member.memberId!, 'member');
    await eventually(() => assert.ok(replica.isLive && replica.revision >= revisionOf(lowered), `it is at ${replica.revision}`), {
      timeoutMs: 30_000,
    });
    replica.check();
    const events = frames.slice(before).map(({ event }) => event);
    assert.ok(events.includes('step') && events.includes('resync') && events.filter((event) => event === 'snapshot').length > 10);
    const seen = [...replica.state.recordsOf('member').values()];
    assert.equal(seen.length, memberCount + 3);
    assert.ok(seen.every(({ email }) => email === null));
    replica.close();
  });
});
