import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { type AuditEntryRecord, type LogChange, scopes } from '../../../protocol/src/index.ts';
import { redactAuditPage, redactDeliveriesPage, redactLogPage } from '../../../server/src/features/retention/database/redact-rows.ts';
import { effectiveRetention } from '../../../server/src/features/retention/domain/effective-retention.ts';
import { personsStep } from '../../../server/src/features/retention/job/persons-step.ts';
import { type RetentionRun, RunInterruptedError } from '../../../server/src/features/retention/job/retention-step.ts';
import { anExport } from '../../support/archives.ts';
import { erasureOf } from '../../support/erasures.ts';
import { EventStreamClient } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../../support/logged-in.ts';
import { aPerson } from '../../support/provision.ts';
import { anIdleConsumer, runRetentionJob } from '../../support/retention-job.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const address = '203.0.113.77';

describe('the erasure of a person', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let token: string;
  let person: LoggedIn;
  let named: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    token = (await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes })).body.token;
    person = await aLoggedInMember(server, org, 'manager');
    named = `Quillon Marrow ${person.userId}`;
  });

  const db = () => server.services.db;
  const path = (below = '') => `/api/0/organizations/${org.slug}/${below}`;
  const as = (cookie: string) => (method: string, below: string, body?: unknown) => server.request(method, path(below), { cookie, body });
  const revisionNow = async () =>
    Number(
      (await db().selectFrom('org_heads').select('revision').where('organization_id', '=', org.id).executeTakeFirstOrThrow()).revision,
    );

  /** A past with the person as actor, target and inviter, in every table. */
  async function live(): Promise<void> {
    await server.operate('PUT', `/users/${person.userId}/`, { name: named });
    const call = as(person.cookie);
    assert.equal((await call('POST', 'members/', { email: `friend-of-${person.userId}@example.com` })).status, 201);
    assert.equal((await call('POST', 'teams/', { slug: `team-${person.userId}` })).status, 201);
    assert.equal((await as(org.cookie)('POST', 'teams/', { slug: `other-${person.userId}` })).status, 201);
    assert.equal((await as(org.cookie)('POST', `members/${await memberIdOf(person.userId)}/teams/other-${person.userId}/`)).status, 201);
    await server.request('POST', '/api/0/auth/emails/', { cookie: person.cookie, body: { email: `second.${person.email}` } });
    await server.request('POST', '/api/0/auth/login/', { body: { username: person.email, password: 'wrong' } });
    await db().updateTable('sessions').set({ ip_address: address }).where('user_id', '=', person.userId).execute();
    await db().updateTable('audit_entries').set({ ip_address: address }).where('actor_user_id', '=', person.userId).execute();
    await sql`UPDATE change_log SET after = jsonb_set(after, '{ipAddress}', to_jsonb(${address}::text))
      WHERE kind = 'audit-entry' AND after -> 'actor' ->> 'id' = ${person.userId}`.execute(db());
    await anIdleConsumer(db(), org.id, 'webhook:1');
    await sql`INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms, response)
      VALUES (${org.id}, 'webhook:1', 'e', 'member.added', 1, now(), 1, ${`{"got":"${person.email.toUpperCase()}"}`})`.execute(db());
  }

  async function memberIdOf(userId: string): Promise<string> {
    return (await storedRecords(server, org.id, 'member')).find(({ user }) => user?.id === userId)!.id;
  }

  async function dump(): Promise<string> {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`.execute(
      db(),
    );
    const parts = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`SELECT row_to_json(t)::text AS row FROM ${sql.table(name)} AS t`.execute(db());
      parts.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    return parts.join('\n');
  }

  const traces = (text: string, wanted: readonly string[]) =>
    text.split('\n').filter((line) => wanted.some((one) => line.toLowerCase().includes(one.toLowerCase())));

  /** Waits until the data of a removed member is replaced, for example by their erasure. */
  const rewritten = () =>
    eventually(async () => {
      const pending = await db().selectFrom('removed_members').select('redaction').where('user_id', '=', person.userId).execute();
      assert.deepEqual(pending, []);
    });
  const erased = () => erasureOf(server, person.userId);

  async function assertConverged(replica: WireReplica): Promise<void> {
    await replica.reach(await revisionNow());
    const fresh = await WireReplica.open(server.url, token, org.slug);
    assert.deepEqual(replica.records(), fresh.records());
    fresh.close();
  }

  for (const [whose, erase] of [
    ['the operator', () => server.operate('DELETE', `/users/${person.userId}/?mode=erase`)],
    ['the person', () => server.request('DELETE', '/api/0/users/me/', { cookie: person.cookie })],
  ] as const) {
    it(`[13.17] [S-56] requested by ${whose} leaves no address, name or IP in any table, and all replicas converge`, async () => {
      const replica = await WireReplica.open(server.url, token, org.slug);
      const theirs = await WireReplica.open(server.url, { cookie: person.cookie }, org.slug);
      await live();
      await anExport(server, org.id);
      const wanted = [person.email, named, address];
      for (const one of wanted) assert.ok(traces(await dump(), [one]).length > 0, `the test leaves no trace of ${one}`);

      const { status, body } = await erase();
      assert.equal(status, 202, JSON.stringify(body));
      assert.deepEqual([body.id, body.organizations], [person.userId, [org.id]]);
      await eventually(() => assert.equal(theirs.socket.connected, false));
      await erased();
      assert.deepEqual(traces(await dump(), wanted), []);
      assert.deepEqual(await db().selectFrom('exports').select('id').where('organization_id', '=', org.id).execute(), []);
      assert.deepEqual(traces(JSON.stringify([...replica.records()]), wanted), []);
      await assertConverged(replica);
      const user = await db().selectFrom('users').selectAll().where('id', '=', person.userId).executeTakeFirstOrThrow();
      assert.deepEqual(
        [user.name, user.email, user.is_active],
        [`Erased user ${person.userId}`, `erased-${person.userId}@users.invalid`, false],
      );
      assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: person.cookie })).status, 401);
      const { body: audit } = await server.request('GET', path('audit-logs/'), { token });
      assert.ok(audit.rows.some(({ event }: { event: string }) => event === 'person.redact'));
      assert.ok(
        audit.rows.some(({ event }: { event: string }) => event === 'team.create'),
        'the entries stay',
      );
      const again = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
      assert.deepEqual([again.status, again.body.status, again.body.organizations], [200, 'done', [org.id]]);
      replica.close();
      theirs.close();
    });
  }

  it('[13.17] includes a membership that an instance of an older version removed', async () => {
    await live();
    // The statements of a version that doesn't know the table of removed members.
    const memberId = await memberIdOf(person.userId);
    await db()
      .transaction()
      .execute(async (tx) => {
        await sql`DELETE FROM team_members WHERE member_id = ${memberId}`.execute(tx);
        await sql`DELETE FROM members WHERE organization_id = ${org.id} AND id = ${memberId}`.execute(tx);
      });
    const { status, body } = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    assert.deepEqual([status, body.organizations], [202, [org.id]]);
    await erased();
    assert.deepEqual(traces(await dump(), [person.email, named, address]), []);
  });

  it('[13.17] [R6] a cursor before a rewritten entry gets a snapshot, and readers of events continue', async () => {
    const early = await WireReplica.open(server.url, token, org.slug);
    const { cursor } = early;
    early.close();
    const { body: start } = await server.request('GET', path('changes/'), { token });
    await live();
    assert.equal((await server.operate('DELETE', `/users/${person.userId}/?mode=erase`)).status, 202);
    await erased();

    // A server without the entries in memory reads them from the log.
    const other = await startServer({ DATABASE_URL: server.config.databaseUrl!, SECRET: server.config.secret });
    try {
      const replica = await WireReplica.connect(other.url, token);
      assert.equal((await replica.subscribe(org.id, { cursor })).mode, 'snapshot');
      await replica.live();
      await assertConverged(replica);
      replica.close();
      const stream = await EventStreamClient.open(other, org.slug, `changes/stream/?after=${start.after}`, { token });
      assert.equal(stream.status, 200);
      stream.close();
      const page = await other.request('GET', path(`changes/?after=${start.after}`), { token });
      assert.equal(page.status, 200);
      assert.ok(page.body.data.length > 0);
      assert.deepEqual(traces(JSON.stringify(page.body), [person.email, named, address]), []);
    } finally {
      await other.stop();
    }
  });

  it('[13.17] refuses an update that found the user before, and stores nothing', async () => {
    const externalId = `directory-${person.userId}`;
    assert.equal((await server.operate('PUT', `/users/${person.userId}/`, { externalId })).status, 200);
    const other = await startServer({ DATABASE_URL: server.config.databaseUrl!, SECRET: server.config.secret });
    try {
      const responses: Promise<TestResponse>[] = [];
      await db()
        .transaction()
        .execute(async (tx) => {
          // Commands on users wait for this lock.
          await tx.selectFrom('org_heads').select('revision').where('organization_id', '=', '0').forUpdate().execute();
          const start = async (response: Promise<TestResponse>) => {
            responses.push(response);
            await eventually(async () => {
              // Not in the transaction, in which PostgreSQL would repeat its first result.
              const { rows } = await sql`
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db());
              assert.equal(rows.length, responses.length);
            });
          };
          await start(server.operate('DELETE', `/users/${person.userId}/?mode=erase`));
          await start(other.operate('PUT', `/users/external:${externalId}/`, { email: person.email, name: named }));
        });
      assert.deepEqual(
        (await Promise.all(responses)).map(({ status }) => status),
        [202, 404],
      );
    } finally {
      await other.stop();
    }
    assert.equal((await server.operate('PUT', `/users/${person.userId}/`, { name: named })).status, 404);
    await erased();
    const user = await db().selectFrom('users').select(['name', 'email']).where('id', '=', person.userId).executeTakeFirstOrThrow();
    assert.deepEqual(user, { name: `Erased user ${person.userId}`, email: `erased-${person.userId}@users.invalid` });
  });

  it('[13.17] leaves a user who becomes no member, owns no organization and gets no second factor', async () => {
    const { userId } = person;
    assert.equal((await server.operate('DELETE', `/users/${userId}/?mode=erase`)).status, 202);
    await erased();
    const unknown = `Invalid pk "${userId}" - object does not exist.`;
    for (const [method, below, sent, field] of [
      ['POST', `/organizations/${org.id}/members/`, { userId, orgRole: 'owner' }, 'userId'],
      ['PUT', `/organizations/${org.id}/members/${userId}/`, { orgRole: 'owner' }, 'userId'],
      ['POST', '/organizations/', { name: 'Without an owner', ownerId: userId }, 'ownerId'],
    ] as const) {
      const { status, body } = await server.operate(method, below, sent);
      assert.deepEqual([status, body], [400, { [field]: [unknown] }], `${method} ${below}`);
    }
    assert.equal((await server.operate('POST', `/users/${userId}/authenticators/`, { type: 'totp' })).status, 404);
    for (const table of ['members', 'authenticators'] as const) {
      assert.deepEqual(await db().selectFrom(table).select('id').where('user_id', '=', userId).execute(), [], table);
    }
  });

  it('[13.17] includes an organization whose invite of the person was removed', async () => {
    const elsewhere = await anOrgWithOwner(server);
    const at = `/api/0/organizations/${elsewhere.slug}/members/`;
    const invited = await server.request('POST', at, { cookie: elsewhere.cookie, body: { email: person.email.toUpperCase() } });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    assert.equal((await server.request('DELETE', `${at}${invited.body.id}/`, { cookie: elsewhere.cookie })).status, 204);
    const { status, body } = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    assert.deepEqual([status, body.organizations], [202, [org.id, elsewhere.id]]);
    await erased();
    await eventually(async () => assert.deepEqual(traces(await dump(), [person.email]), []));
  });

  it('[13.17] [S-56] succeeds despite the legal hold of an organization that only invited the person', async () => {
    const elsewhere = await anOrgWithOwner(server);
    const at = `/api/0/organizations/${elsewhere.slug}/members/`;
    const invite = (email: string) => server.request('POST', at, { cookie: elsewhere.cookie, body: { email } });
    assert.equal((await invite(person.email)).status, 201);
    const hold = (legalHold: boolean) => server.operate('PUT', `/organizations/${elsewhere.id}/plan/`, { legalHold });
    assert.equal((await hold(true)).status, 200);
    const { status, body } = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    assert.deepEqual([status, body.organizations], [202, [org.id, elsewhere.id]], JSON.stringify(body));
    const tablesLeft = async () => [...new Set(traces(await dump(), [person.email]).map((line) => line.split(' ', 1)[0]))].sort();
    // The hold keeps the history, with what is to be replaced in it.
    await eventually(async () => assert.deepEqual(await tablesLeft(), ['change_log', 'removed_members']), { timeoutMs: 30_000 });
    await erasureOf(server, person.userId, 'rewriting');
    await hold(false);
    await runRetentionJob(server, elsewhere.id);
    await erased();
    assert.deepEqual(await tablesLeft(), []);
  });

  it('[13.17] [S-56] fails under the legal hold of an organization that the person has left', async () => {
    await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: true });
    assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(person.userId)}/`)).status, 204);
    const { status, body } = await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    assert.deepEqual([status, body.detail?.code], [409, 'legal-hold'], JSON.stringify(body));
  });

  it('[13.17] [S-56] waits for the end of a legal hold, also with rows that are left', async () => {
    await live();
    await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: true });
    const memberId = await memberIdOf(person.userId);
    assert.equal((await as(org.cookie)('DELETE', `members/${memberId}/`)).status, 204);
    await as(org.cookie)('PUT', 'retention/', { personDays: 0 });
    await runRetentionJob(server, org.id);
    assert.ok(traces(await dump(), [person.email]).some((line) => line.startsWith('audit_entries')));
    await server.operate('PUT', `/organizations/${org.id}/plan/`, { legalHold: false });
    await runRetentionJob(server, org.id);
    const left = traces(await dump(), [person.email, named]).map((line) => line.slice(0, line.indexOf(' ')));
    assert.deepEqual(
      left.filter((table) => ['audit_entries', 'change_log', 'members', 'deliveries', 'removed_members'].includes(table)),
      [],
      'the account itself stays',
    );
  });

  it('[13.17] replaces the names of removed members after personDays, unless they are members again', async () => {
    await as(org.cookie)('PUT', 'retention/', { personDays: 30 });
    const back = await aLoggedInMember(server, org, 'member');
    await live();
    for (const one of [person, back])
      assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(one.userId)}/`)).status, 204);
    await runRetentionJob(server, org.id);
    assert.ok(
      traces(await dump(), [named]).some((line) => line.startsWith('audit_entries')),
      'too early',
    );
    await sql`UPDATE removed_members SET removed_at = removed_at - interval '31 days'`.execute(db());
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: back.userId, orgRole: 'member' });
    await runRetentionJob(server, org.id);
    await rewritten();
    const dumped = await dump();
    const tables = (wanted: string) => new Set(traces(dumped, [wanted]).map((line) => line.slice(0, line.indexOf(' '))));
    for (const table of ['audit_entries', 'change_log', 'deliveries']) assert.ok(!tables(person.email).has(table), table);
    assert.ok(tables(back.email).has('audit_entries'));
    assert.ok(tables(person.email).has('users'), 'the account itself stays');
  });

  for (const [what, request] of [
    ['an invite', () => as(org.cookie)('POST', 'members/', { email: person.email, teams: [`other-${person.userId}`] })],
    ['a join request', () => server.request('POST', path('join-request/'), { body: { email: person.email } })],
  ] as const) {
    it(`[13.17] replaces the names of a removed member with the address of ${what}, which stays`, async () => {
      await as(org.cookie)('PUT', 'retention/', { personDays: 0 });
      await live();
      assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(person.userId)}/`)).status, 204);
      const requested = await request();
      assert.ok(requested.status < 300, JSON.stringify(requested.body));
      const waiting = async () => {
        const members = (await storedRecords(server, org.id, 'member')).filter(({ email }) => email === person.email);
        const ids = members.map(({ id }) => id);
        return { members, teams: (await storedRecords(server, org.id, 'team-member')).filter(({ memberId }) => ids.includes(memberId)) };
      };
      const before = await waiting();
      assert.equal(before.members.length, 1);

      await runRetentionJob(server, org.id);
      await rewritten();
      const tables = new Set(traces(await dump(), [person.email, named]).map((line) => line.slice(0, line.indexOf(' '))));
      for (const table of ['audit_entries', 'change_log', 'deliveries', 'removed_members']) assert.ok(!tables.has(table), table);
      assert.deepEqual(await waiting(), before);
    });
  }

  it('[13.17] keeps the address of a removed invite while the person is a member', async () => {
    await as(org.cookie)('PUT', 'retention/', { personDays: 0 });
    const joined = await aPerson(server);
    const invited = await as(org.cookie)('POST', 'members/', { email: joined.email });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    assert.equal((await as(org.cookie)('DELETE', `members/${invited.body.id}/`)).status, 204);
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: joined.userId, orgRole: 'member' });
    const ofAudit = async () =>
      traces(await dump(), [joined.email])
        .filter((line) => line.startsWith('audit_entries'))
        .sort();
    const before = await ofAudit();
    await runRetentionJob(server, org.id);
    assert.deepEqual(await ofAudit(), before);
    assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(joined.userId)}/`)).status, 204);
    await runRetentionJob(server, org.id);
    assert.deepEqual(await ofAudit(), []);
  });

  it('[13.17] pauses after each removed member', async () => {
    await as(org.cookie)('PUT', 'retention/', { personDays: 30 });
    const people = [person, await aLoggedInMember(server, org, 'member'), await aLoggedInMember(server, org, 'member')];
    for (const { userId } of people) assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(userId)}/`)).status, 204);
    await sql`UPDATE removed_members SET removed_at = removed_at - interval '31 days'`.execute(db());
    const pending = async () => {
      const rows = db().selectFrom('removed_members').select('user_id').where('organization_id', '=', org.id);
      return (await rows.where('redaction', 'is not', null).execute()).length;
    };
    let checkedAt = 0;
    const pendingAtPauses: number[] = [];
    const run: RetentionRun = {
      orgId: org.id,
      changeInBatches: async () => {},
      async pauseAfterWork(startedAt) {
        assert.ok(startedAt >= checkedAt && startedAt <= performance.now(), `the work began at ${startedAt}`);
        pendingAtPauses.push(await pending());
      },
      async assertOwned() {
        checkedAt = performance.now();
      },
    };
    await personsStep(server.services.writePath).run(run);
    assert.deepEqual(pendingAtPauses, [1, 2, 3]);
  });

  it('[13.17] stops between two removed members when the process stops or another instance continues', async () => {
    await as(org.cookie)('PUT', 'retention/', { personDays: 30 });
    const people = [person, await aLoggedInMember(server, org, 'member'), await aLoggedInMember(server, org, 'member')];
    for (const { userId } of people) assert.equal((await as(org.cookie)('DELETE', `members/${await memberIdOf(userId)}/`)).status, 204);
    await sql`UPDATE removed_members SET removed_at = removed_at - interval '31 days'`.execute(db());
    let redacted = -1;
    const run: RetentionRun = {
      orgId: org.id,
      changeInBatches: () => assert.fail('the run has ended'),
      async pauseAfterWork() {},
      async assertOwned() {
        if (++redacted === 2) throw new RunInterruptedError('The process stops.');
      },
    };
    await assert.rejects(personsStep(server.services.writePath).run(run), RunInterruptedError);
    const pending = await db()
      .selectFrom('removed_members')
      .select('user_id')
      .where('organization_id', '=', org.id)
      .where('redaction', 'is not', null)
      .execute();
    assert.equal(new Set(pending.map(({ user_id }) => user_id)).size, 2);
  });

  it('[13.17] keeps a redaction that is stored while an earlier one of the same person is processed', async () => {
    await live();
    await as(org.cookie)('PUT', 'retention/', { personDays: 0 });
    const remove = async () => as(org.cookie)('DELETE', `members/${await memberIdOf(person.userId)}/`);
    assert.equal((await remove()).status, 204);
    // The server's own job does not run here.
    await sql`
      INSERT INTO retention_runs (organization_id, next_run_at, lease, leased_until)
      VALUES (${org.id}, now() + interval '1 day', 'test', now() + interval '1 hour')
      ON CONFLICT (organization_id) DO UPDATE SET lease = excluded.lease, leased_until = excluded.leased_until`.execute(db());
    let batches = 0;
    const run: RetentionRun = {
      orgId: org.id,
      async changeInBatches(batch) {
        const isLast = ++batches === 4;
        if (isLast) {
          await server.operate('POST', `/organizations/${org.id}/members/`, { userId: person.userId, orgRole: 'member' });
          assert.equal((await server.operate('DELETE', `/users/${person.userId}/?mode=erase`)).status, 202);
        }
        const { hasMore } = await db()
          .transaction()
          .execute((tx) => batch(tx, effectiveRetention(null, null, null)));
        assert.equal(hasMore, false);
      },
      async pauseAfterWork() {},
      async assertOwned() {},
    };
    await personsStep(server.services.writePath).run(run);
    assert.equal(batches, 4);
    await sql`UPDATE retention_runs SET lease = NULL, leased_until = NULL WHERE organization_id = ${org.id}`.execute(db());
    await runRetentionJob(server, org.id);
    await erased();
    assert.deepEqual(traces(await dump(), [person.email, named]), []);
  });

  it('[13.17] leaves the names of other people as they are', async () => {
    await live();
    const other = await aPerson(server);
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: other.userId, orgRole: 'member' });
    await server.operate('DELETE', `/users/${person.userId}/?mode=erase`);
    await erased();
    assert.ok(traces(await dump(), [other.email]).some((line) => line.startsWith('audit_entries')));
    assert.ok((await storedRecords(server, org.id, 'member')).some(({ email }) => email === other.email));
  });

  it('[13.17] lets other work run while a page of rows is compared, which takes a millisecond each', async () => {
    await as(org.cookie)('POST', 'teams/', { slug: `tools-${org.id}` });
    const columns = sql`organization_id, event, target_object, date_created, note, data, is_live`;
    await sql`INSERT INTO audit_entries (id, ${columns}) SELECT 10000000 + number, ${columns} FROM generate_series(1, 200) AS number,
      LATERAL (SELECT ${columns} FROM audit_entries WHERE organization_id = ${org.id} ORDER BY id LIMIT 1) AS entry`.execute(db());
    await sql`INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, before, after)
      SELECT ${org.id}::bigint, 1, 1000 + number, 'test', 'system', 'external-id', '0', NULL, '{}' FROM generate_series(1, 200) AS number`.execute(
      db(),
    );
    await sql`INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms, response)
      SELECT ${org.id}::bigint, 'webhook:1', 'e', 'member.added', 1, now(), 1, 'ok' FROM generate_series(1, 200)`.execute(db());
    let compared = 0;
    let inOneTurn = 0;
    let most = 0;
    const count = <Value>(value: Value) => {
      if (inOneTurn === 0) setImmediate(() => (inOneTurn = 0));
      compared++;
      for (const end = performance.now() + 1; performance.now() < end; );
      most = Math.max(most, ++inOneTurn);
      return value;
    };
    const rewriter = { text: count<string>, isAbout: () => false, auditEntry: count<AuditEntryRecord>, change: count<LogChange> };
    const revisions = new Set<string>();
    await db()
      .transaction()
      .execute(async (tx) => {
        await redactLogPage(tx, org.id, ['0', 0], rewriter, revisions);
        await redactAuditPage(tx, org.id, '0', rewriter);
        await redactDeliveriesPage(tx, org.id, '0', rewriter, revisions);
      });
    assert.ok(compared >= 600, `${compared} rows were compared`);
    assert.ok(most <= 20, `${most} rows were compared in one event-loop turn`);
  });
});
