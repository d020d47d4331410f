import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { saveOrgSecret } from '../../server/src/database/organizations/org-secrets.ts';
import { removeLeftovers, tablesOfOrganization } from '../../server/src/database/organizations/removals.ts';
import { beginRemoval } from '../../server/src/write-path/commands/organizations/begin-removal.ts';
import { removalSweep } from '../../server/src/write-path/commands/organizations/removal-sweep.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const missing = { detail: 'The requested resource does not exist' };

describe('the removal of an organization', () => {
  let instances: Instances;
  let one: TestServer;
  let other: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    // Without Redis, the other instance receives no notice and has to find changes in the log.
    instances = await startInstances(2);
    [one, other] = instances.servers as [TestServer, TestServer];
    await anOrganizationOf(one, await aPerson(one));
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    owner = await aPerson(one);
    org = await anOrganizationOf(one, owner);
  });

  const call = (method: string, path = '', body?: unknown) =>
    one.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: owner.token, body });
  const deadline = async () => {
    const { db } = one.services;
    return (await db.selectFrom('organizations').select('remove_at').where('id', '=', org.id).executeTakeFirst())?.remove_at ?? null;
  };
  const letTimePass = () =>
    one.services.db
      .updateTable('organizations')
      .set({ remove_at: sql`remove_at - interval '24 hours'` })
      .where('id', '=', org.id)
      .execute();
  const sweepAll = () => Promise.all(instances.servers.map(({ services }) => removalSweep(services.writePath).run()));
  const begin = () =>
    runCommand(one.services.writePath, beginRemoval, {
      orgId: org.id,
      actor: { kind: 'system' },
      input: {},
      requestId: null,
      respond: async () => ({ status: 204 }),
    });

  /** Counts of rows in every table with rows of an organization. */
  async function countRows(): Promise<Record<string, number>> {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id'
        -- The record of a removal stays.
        AND table_name <> 'organization_removals'
    `.execute(one.services.db);
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const { rows } = await sql<{ count: number }>`
        SELECT count(*)::integer AS count FROM ${sql.table(name)} WHERE organization_id = ${org.id}`.execute(one.services.db);
      if (rows[0]!.count > 0) counts[name] = rows[0]!.count;
    }
    return counts;
  }

  /** Creates a row in every table. */
  async function fill(): Promise<void> {
    const plain = await aPerson(one);
    await addMember(one, org, plain, 'member');
    await call('PUT', '', { openMembership: false });
    await call('POST', 'teams/', { slug: 'ops' });
    await one.request('POST', `/api/0/organizations/${org.slug}/members/me/teams/ops/`, { token: plain.token });
    await one.request('POST', `/api/0/teams/${org.slug}/ops/projects/`, { token: owner.token, body: { name: 'engine' } });
    await one.request('PUT', `/api/0/projects/${org.slug}/engine/`, {
      token: owner.token,
      body: { slug: 'motor', resolveAge: 24, isBookmarked: true },
    });
    const avatar = Buffer.from('GIF89a').toString('base64');
    await one.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { avatar } });
    await call('POST', 'members/', { email: `invitee-${nextNumber()}@example.com`, teams: ['ops'] });
    await call('POST', 'org-auth-tokens/', { name: 'build' });
    const provider = { orgId: org.id, kind: 'auth-provider', id: '1' } as const;
    await one.operate('PUT', `/organizations/${org.id}/plan/`, { name: 'Team' });
    await one.services.db.transaction().execute((tx) => saveOrgSecret(tx, one.services.secret, provider, 'client-secret', 'text'));
  }

  it('[5.7] waits for 24 hours, for any number of requests, and does not happen after it was canceled', async () => {
    const first = await call('DELETE');
    assert.equal(first.status, 202);
    const removeAt = await deadline();
    const { committed_at: askedAt } = await one.services.db
      .selectFrom('change_log')
      .select('committed_at')
      .where('organization_id', '=', org.id)
      .where('revision', '=', String(revisionOf(first)))
      .limit(1)
      .executeTakeFirstOrThrow();
    const hours = (Date.parse(removeAt!) - Date.parse(askedAt)) / 3_600_000;
    assert.ok(Math.abs(hours - 24) < 0.01, `the grace period is ${hours} hours`);

    assert.equal((await call('DELETE')).status, 202);
    assert.equal(await deadline(), removeAt, 'a second request does not postpone the removal');
    await sweepAll();
    assert.equal((await call('GET')).body.status.id, 'pending_deletion');

    await letTimePass();
    assert.equal((await call('PUT', '', { cancelDeletion: true })).body.status.id, 'active');
    assert.equal(await deadline(), null);
    await sweepAll();
    assert.equal((await call('GET')).body.status.id, 'active');
  });

  const hold = (server: TestServer, legalHold: boolean) => server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold });

  it('[13.15] stays refused to owners and to the operator during a legal hold', async () => {
    await hold(other, true);
    const refused = await call('DELETE');
    assert.deepEqual([refused.status, refused.body.detail.code], [409, 'legal-hold']);
    const byOperator = await other.operate('DELETE', `/organizations/${org.id}/`);
    assert.deepEqual([byOperator.status, byOperator.body.detail.code], [409, 'legal-hold']);
    assert.equal((await call('GET')).body.status.id, 'active');
    await hold(one, false);
    assert.equal((await call('DELETE')).status, 202);
  });

  it('[13.15] waits for the end of a legal hold, in each of its phases', async () => {
    await call('DELETE');
    await hold(one, true);
    await letTimePass();
    await sweepAll();
    assert.equal((await call('GET')).body.status.id, 'pending_deletion');
    await hold(one, false);
    await begin();
    await hold(one, true);
    await sweepAll();
    assert.equal((await call('GET')).body.status.id, 'deletion_in_progress');
    await hold(one, false);
    await sweepAll();
    assert.equal((await call('GET')).status, 404);
    assert.deepEqual(await countRows(), {});
  });

  it('[13.15] happens before a legal hold or not at all, if both come at once on two instances', async () => {
    for (let round = 0; round < 10; round++) {
      org = await anOrganizationOf(one, owner);
      await call('DELETE');
      await letTimePass();
      const [held] = await Promise.all([hold(other, true), removalSweep(one.services.writePath).run()]);
      const { status } = await call('GET');
      assert.ok((held.status === 200 && status === 200) || (held.status === 404 && status === 404), `${held.status} ${status}`);
      const left = await countRows();
      if (status === 404) assert.deepEqual(left, {});
      else assert.ok(left.change_log! > 0 && left.retentions === 1, JSON.stringify(left));
    }
  });

  it('[5.7] can be canceled until it is in progress, which its error states', async () => {
    await call('DELETE');
    await letTimePass();
    await begin();
    assert.deepEqual((await call('GET')).body.status, { id: 'deletion_in_progress', name: 'deletion in progress' });
    assert.equal((await call('DELETE')).body.status.id, 'deletion_in_progress');
    assert.equal((await call('PUT', '', { cancelDeletion: true })).body.status.id, 'active');
    await sweepAll();
    assert.equal((await call('GET')).status, 200);
    const { body: audit } = await call('GET', 'audit-logs/');
    assert.deepEqual(
      audit.rows.map(({ event }: { event: string }) => event).filter((event: string) => event !== 'org.edit'),
      ['org.restore', 'org.remove', 'org.create'],
    );
  });

  it('[5.7] can be canceled by the operator, for an organization without an owner', async () => {
    const replica = await WireReplica.open(other.url, owner.token, org.slug);
    await call('DELETE');
    await eventually(() => assert.equal(replica.state.organization?.status, 'pending_deletion'));
    assert.equal((await other.operate('PUT', `/organizations/${org.id}/`, { cancelDeletion: true })).status, 200);
    await eventually(() => assert.equal(replica.state.organization?.status, 'active'));
    assert.equal((await call('GET')).body.status.id, 'active');
    await sweepAll();
    assert.equal((await call('GET')).status, 200);
    replica.close();
  });

  it('[5.7] [A2] removes everything once, on any instance, and notifies all subscribers', async () => {
    await fill();
    const replicas = await Promise.all(instances.servers.map(({ url }) => WireReplica.open(url, owner.token, org.slug)));
    const before = revisionOf(await call('DELETE'));
    await letTimePass();
    assert.ok(Object.keys(await countRows()).length >= 13, 'every table has rows');
    await sweepAll();

    await eventually(() => {
      for (const replica of replicas) {
        assert.equal(replica.revoked?.reason, 'organization-removed');
        assert.equal(replica.socket.connected, false, 'nothing else keeps the connection open');
      }
    });
    const [ofOne] = replicas;
    const steps = ofOne!.frames.filter(({ event, payload }) => event === 'step' && payload.to > before);
    const gone = steps.flatMap(({ payload }) => payload.changes).filter(({ op }) => op !== 'put');
    assert.deepEqual(gone, [], 'no removed record is sent');

    // The other instance, which was faster, may not have finished.
    await eventually(async () => assert.deepEqual(await countRows(), {}));
    for (const name of [org.slug, org.id]) {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', 'members/'],
        ['PUT', ''],
        ['DELETE', ''],
        ['POST', 'teams/'],
      ] as const) {
        const answer = await other.request(method, `/api/0/organizations/${name}/${path}`, {
          token: owner.token,
          ...(method === 'GET' ? {} : { body: {} }),
        });
        assert.deepEqual([answer.status, answer.body], [404, missing], `${method} ${name}/${path}`);
      }
    }
    assert.deepEqual((await one.request('GET', '/api/0/organizations/', { token: owner.token })).body, []);
    const late = await WireReplica.connect(other.url, owner.token);
    assert.equal((await late.subscribe(org.id)).mode, 'denied');
    late.close();
    const again = await one.request('POST', '/api/0/organizations/', { token: owner.token, body: { name: 'Again', slug: org.slug } });
    assert.equal(again.status, 201, 'its slug is free');
  });

  it('[5.7] removes tokens and queued invitations', async () => {
    const { body: token } = await call('POST', 'org-auth-tokens/', { name: 'build', scopes: ['org:read'] });
    const { body: invite } = await call('POST', 'members/', { email: `invitee-${nextNumber()}@example.com` });
    await one.services.db
      .insertInto('mail_outbox')
      .values({
        template: 'invitation',
        params: JSON.stringify({ orgName: 'x', invite: { memberId: invite.id, nonce: 'n' }, inviterName: null }),
        recipient: 'invitee@example.com',
        next_attempt_at: sql`clock_timestamp() + interval '1 day'`,
      })
      .execute();
    await call('DELETE');
    await letTimePass();
    await sweepAll();
    const refused = await one.request('GET', `/api/0/organizations/`, { token: token.token });
    assert.deepEqual([refused.status, refused.body], [401, { detail: 'Invalid org token' }]);
    const mails = await one.services.db.selectFrom('mail_outbox').select('id').where('recipient', '=', 'invitee@example.com').execute();
    assert.deepEqual(mails, []);
  });

  it('[5.7] deletes rows in bounded batches, each in a transaction of its own', async () => {
    const { db } = one.services;
    await sql`
      INSERT INTO members (id, organization_id, email, role, flags, invite_status, date_created)
      SELECT nextval('record_ids'), ${org.id}, number || '@example.com', 'member', '{}', 'approved', clock_timestamp()
      FROM generate_series(1, 2500) AS number`.execute(db);
    await call('DELETE');
    await letTimePass();
    await begin();
    const counts = [(await countRows()).members];
    // The next statement of the sweep, without its batches.
    await sql`DELETE FROM organizations WHERE id = ${org.id}`.execute(db);
    await db.insertInto('removed_organizations').values({ organization_id: org.id }).execute();
    while (await db.transaction().execute(removeLeftovers)) {
      const members = (await countRows()).members ?? 0;
      if (members !== counts.at(-1)) counts.push(members);
    }
    assert.deepEqual(counts, [2501, 1501, 501, 0], 'at most a thousand rows, beginning with members');
    const kept = await db.selectFrom('organization_removals').select('organization_id').where('organization_id', '=', org.id).execute();
    assert.equal(kept.length, 1, 'the record of the removal is gone');
  });

  it('[5.7] covers every table with rows of an organization', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id'
    `.execute(one.services.db);
    // The rows of `provider_revocations` are deleted once the connections were ended there.
    const known = new Set<string>([...tablesOfOrganization, 'removed_organizations', 'organization_removals', 'provider_revocations']);
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => !known.has(name)),
      [],
    );
    const { rows: bound } = await sql<{ name: string }>`
      SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE confrelid = 'organizations'::regclass AND confdeltype <> 'c'
    `.execute(one.services.db);
    assert.deepEqual(bound, [], 'a foreign key would keep the organization');
  });

  /**
   * Begins a removal in another process, which dies at the failpoint. The instances of this test
   * look for removals each minute. If one of them is faster, the process removes another
   * organization.
   */
  async function dieDuringRemoval(time: number): Promise<void> {
    const { DATABASE_URL, SECRET } = instances.environment;
    for (;;) {
      await fill();
      await call('DELETE');
      await letTimePass();
      const dying = startProcess(['start'], {
        PORT: '0',
        DATABASE_URL,
        SECRET,
        DATA_DIR: makeTemporaryDirectory('dying'),
        ROLLCALL_FAILPOINT: `during-removal:${time}`,
      });
      const signals: (string | null)[] = [];
      const exited = dying.exit.then(({ signal }) => void signals.push(signal));
      const removed = eventually(async () => signals.length > 0 || assert.deepEqual(await countRows(), {}), {
        timeoutMs: 120_000,
        intervalMs: 500,
      });
      try {
        await Promise.race([exited, removed]);
      } finally {
        await dying.kill();
      }
      const isRemoved = Object.keys(await countRows()).length === 0;
      if (!isRemoved) return assert.deepEqual(signals, ['SIGKILL']);
      org = await anOrganizationOf(one, owner);
    }
  }

  for (const [time, when] of [
    [1, 'is marked'],
    [2, 'is gone, but not what was its'],
    [4, 'has left half of what was its'],
  ] as const) {
    it(`[5.7] finishes on another instance if one dies while it ${when}`, async () => {
      await dieDuringRemoval(time);
      assert.equal((await call('GET')).status, time === 1 ? 200 : 404);
      assert.ok(Object.keys(await countRows()).length > 0, 'rows are left');
      await removalSweep(other.services.writePath).run();
      assert.deepEqual(await countRows(), {});
      assert.equal((await call('GET')).status, 404);
    }).timeout(240_000);
  }
});
