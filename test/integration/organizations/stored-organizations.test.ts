import assert from 'node:assert/strict';
import pg from 'pg';
import type { OrgRecord } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { logRevision } from '../../support/log-revision.ts';
import { readMetric } from '../../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('organizations that another version stored', () => {
  let server: TestServer;
  let client: pg.Client;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    client = new pg.Client(server.config.databaseUrl!);
    await client.connect();
    owner = await aPerson(server);
  });
  after(async () => {
    await client?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    org = await anOrganizationOf(server, owner);
  });

  const read = () => server.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token });
  const update = (body: object) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body });
  const subscribe = ({ url } = server) => WireReplica.open(url, owner.token, org.slug);

  async function storedRow(): Promise<{ flags: Record<string, unknown>; settings: Record<string, unknown> }> {
    const { rows } = await client.query('SELECT flags, settings FROM organizations WHERE id = $1', [org.id]);
    return rows[0];
  }

  /**
   * Makes the stored organization one of an older version, which didn't know one of the flags and
   * one of the settings.
   */
  async function storeAsOlder(): Promise<void> {
    await client.query("UPDATE organizations SET flags = flags - 'allowMemberInvite', settings = settings - 'gitlabPRBot' WHERE id = $1", [
      org.id,
    ]);
  }

  function organizationIn(replica: WireReplica): OrgRecord {
    return replica.state.organization as unknown as OrgRecord;
  }

  async function assertProven(replica: WireReplica): Promise<void> {
    replica.ping();
    const pong = await eventually(() => {
      const frame = replica.frames.at(-1)!;
      assert.equal(frame.event, 'pong');
      return frame.payload.orgs[org.id];
    });
    assert.deepEqual({ count: pong.count, sum: pong.sum }, replica.checksum());
  }

  it('[5.1] [5.2] have default values for missing flags and settings when they are read, pushed and updated', async () => {
    await storeAsOlder();
    const { status, body } = await read();
    assert.equal(status, 200);
    assert.deepEqual([body.allowMemberInvite, body.gitlabPRBot], [true, true]);

    const replica = await subscribe();
    assert.equal(organizationIn(replica).allowMemberInvite, true);
    assert.equal(organizationIn(replica).gitlabPRBot, true);

    const updated = await update({ isEarlyAdopter: true });
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    await replica.reach(revisionOf(updated));
    const { allowMemberInvite, gitlabPRBot, isEarlyAdopter } = organizationIn(replica);
    assert.deepEqual([allowMemberInvite, gitlabPRBot, isEarlyAdopter], [true, true, true]);
    await assertProven(replica);
    const { flags, settings } = await storedRow();
    assert.deepEqual([flags.allowMemberInvite, settings.gitlabPRBot], [true, true]);
    replica.close();
  });

  it('[5.7] log the first change of a missing flag as a change from its default', async () => {
    await storeAsOlder();
    assert.equal((await update({ allowMemberInvite: true })).status, 200);
    const unchanged = await storedRow();
    assert.ok(!('allowMemberInvite' in unchanged.flags), 'an update to the default changes nothing');
    assert.equal((await update({ allowMemberInvite: false })).status, 200);
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { token: owner.token });
    const [edit] = body.rows.filter(({ event }: { event: string }) => event === 'org.edit');
    assert.equal(edit.note, 'edited the organization setting: disable_member_invite to True');
  });

  it('[5.1] [F3] have default values if the log entry is from an older version, live and after a reconnect', async () => {
    const [live, leaving] = await Promise.all([subscribe(), subscribe()]);
    leaving.close();
    const before = organizationIn(live);
    const { allowMemberInvite: _flag, gitlabPRBot: _setting, ...older } = before;
    await storeAsOlder();
    await client.query("UPDATE organizations SET name = 'Renamed' WHERE id = $1", [org.id]);
    const after = { ...older, name: 'Renamed' } as unknown as OrgRecord;
    const revision = await logRevision(client, org.id, [
      { kind: 'organization', id: org.id, before: older as unknown as OrgRecord, after },
    ]);

    await live.reach(revision);
    assert.deepEqual(organizationIn(live), { ...before, name: 'Renamed' });
    await assertProven(live);

    // The feed of a new instance starts at the head, so it reads the entry from the log.
    const { DATABASE_URL, SECRET } = { DATABASE_URL: server.config.databaseUrl!, SECRET: server.config.secret };
    const other = await startServer({ DATABASE_URL, SECRET });
    try {
      const late = await subscribe(other);
      assert.deepEqual(organizationIn(late), organizationIn(live));
      const returning = await WireReplica.connect(other.url, owner.token);
      returning.state = leaving.state;
      returning.revision = leaving.revision;
      const { mode } = await returning.subscribe(org.slug, { cursor: leaving.cursor });
      assert.equal(mode, 'resume');
      await returning.reach(revision);
      assert.deepEqual(organizationIn(returning), organizationIn(live));
      await assertProven(returning);
      for (const replica of [late, returning]) replica.close();
      assert.equal(await readMetric(other, 'rollcall_resubscribes_total{reason="checksum"}'), 0);
    } finally {
      await other.stop();
    }
    live.close();
  });

  it('[5.1] [5.2] keep the flags and settings of a newer version through an update', async () => {
    await client.query(
      `UPDATE organizations SET flags = flags || '{"allowTeleport": true}', settings = settings || '{"teleportHours": [1, 2]}' WHERE id = $1`,
      [org.id],
    );
    const replica = await subscribe();
    const updated = await update({ codecovAccess: true, hideAiFeatures: true });
    assert.equal(updated.status, 200);
    const { flags, settings } = await storedRow();
    assert.deepEqual([flags.allowTeleport, flags.codecovAccess, flags.teleportHours], [true, true, undefined]);
    assert.deepEqual([settings.teleportHours, settings.hideAiFeatures, settings.allowTeleport], [[1, 2], true, undefined]);
    await replica.reach(revisionOf(updated));
    const { allowTeleport, teleportHours } = organizationIn(replica);
    assert.deepEqual([allowTeleport, teleportHours], [true, [1, 2]], 'the log contains them for newer instances');
    await assertProven(replica);
    replica.close();
  });
});
