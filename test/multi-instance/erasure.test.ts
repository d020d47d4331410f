import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { defaultRetention } from '../../protocol/src/index.ts';
import { erasureOf } from '../support/erasures.ts';
import { eventually } from '../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../support/logged-in.ts';
import { aMigratedDatabase } from '../support/migrated-database.ts';
import { startProcess } from '../support/process.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { apiOf, startServer, type TestServer } from '../support/server.ts';

const operatorToken = randomBytes(24).toString('hex');

describe('the erasure of a user by several instances', function () {
  this.timeout(180_000);
  let database: Awaited<ReturnType<typeof aMigratedDatabase>>;
  let environment: Record<string, string>;
  let one: TestServer;
  let two: TestServer | null;
  let orgs: readonly OrgWithOwner[];
  let person: LoggedIn;

  beforeEach(async () => {
    database = await aMigratedDatabase();
    environment = { DATABASE_URL: database.url, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: operatorToken };
    one = await startServer(environment);
    two = null;
    orgs = [await anOrgWithOwner(one), await anOrgWithOwner(one)];
    person = await aLoggedInMember(one, orgs[0]!);
    await one.operate('POST', `/organizations/${orgs[1]!.id}/members/`, { userId: person.userId, orgRole: 'member' });
  });
  afterEach(async () => {
    await one?.stop();
    await two?.stop();
    await database?.drop();
  });

  const erasePath = () => `/users/${person.userId}/?mode=erase`;
  const redactions = (server: TestServer) =>
    server.services.db.selectFrom('audit_entries').select('organization_id').where('event', '=', 'person.redact').orderBy('id').execute();
  const memberships = (server: TestServer) =>
    server.services.db.selectFrom('members').select('organization_id').where('user_id', '=', person.userId).execute();

  it('[13.17] [S-71] continues on another instance after a crash between two organizations, and repeats nothing', async () => {
    await one.stop();
    const dying = startProcess(['start'], {
      ...environment,
      PORT: '0',
      DATA_DIR: makeTemporaryDirectory('dying'),
      ROLLCALL_FAILPOINT: 'after-erasure-of-organization:1',
    });
    const [, url] = await dying.waitForLine(/is ready on (\S+)/, 60_000);
    await apiOf(url!, operatorToken)
      .operate('DELETE', erasePath())
      .catch(() => {});
    assert.equal((await dying.exit).signal, 'SIGKILL');

    two = await startServer(environment);
    assert.equal((await memberships(two)).length, 1, 'the instance died after one organization');
    assert.equal((await two.request('GET', '/api/0/users/me/', { cookie: person.cookie })).status, 401);
    const { organizations, steps } = await erasureOf(two, person.userId);
    assert.deepEqual(
      organizations,
      orgs.map(({ id }) => id),
    );
    assert.ok(
      steps.every(({ changedRecords }: { changedRecords: number }) => changedRecords > 0),
      JSON.stringify(steps),
    );
    assert.deepEqual((await redactions(two)).map(({ organization_id }) => organization_id).sort(), orgs.map(({ id }) => id).sort());
    assert.deepEqual(await memberships(two), []);
  });

  it('[13.17] two instances accept an erasure once, and execute it once', async () => {
    two = await startServer(environment);
    const responses = await Promise.all([one, two, one, two].map((server) => server.operate('DELETE', erasePath())));
    assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 200, 200, 202]);
    await erasureOf(one, person.userId);
    assert.equal((await redactions(one)).length, 2);
  });

  it('[13.17] [S-71] waits while an organization refuses since, reports it, and erases the rest', async () => {
    const { db } = one.services;
    // The job waits for the organization's lock, and the hold commits before it.
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('org_heads').select('revision').where('organization_id', '=', orgs[1]!.id).forUpdate().execute();
      assert.equal((await one.operate('DELETE', erasePath())).status, 202);
      await tx
        .insertInto('retentions')
        .values({
          organization_id: orgs[1]!.id,
          retention: JSON.stringify({ ...defaultRetention, legalHold: true }),
        })
        .execute();
    });
    const waiting = await erasureOf(one, person.userId, 'refused');
    assert.deepEqual(
      waiting.steps.map(({ organization, refusal }: { organization: string; refusal: string | null }) => [organization, refusal]),
      [
        [orgs[0]!.id, null],
        [orgs[1]!.id, 'legal-hold'],
      ],
    );
    assert.deepEqual(await memberships(one), [{ organization_id: orgs[1]!.id }]);
    assert.equal((await one.request('GET', '/api/0/users/me/', { cookie: person.cookie })).status, 401);
    // Each failed attempt counts, so the pauses become longer. The test ends them early.
    for (const attempts of [2, 3]) {
      await eventually(async () => {
        const job = await db
          .selectFrom('jobs')
          .selectAll()
          .where('kind', '=', 'erase-user')
          .where('subject', '=', person.userId)
          .executeTakeFirstOrThrow();
        if (job.attempts < attempts)
          await db
            .updateTable('jobs')
            .set({ next_attempt_at: sql<string>`now()` })
            .where('id', '=', job.id)
            .where('lease', 'is', null)
            .execute();
        assert.ok(job.attempts >= attempts, `${job.attempts} failed attempts: ${job.last_error}`);
      });
    }
    assert.equal((await one.operate('DELETE', erasePath())).status, 200);
    await db.deleteFrom('retentions').where('organization_id', '=', orgs[1]!.id).execute();
    await erasureOf(one, person.userId);
    assert.deepEqual(await memberships(one), []);
  });

  it('[13.17] [S-71] includes an invite that another organization sends while the erasure is running', async () => {
    const elsewhere = await anOrgWithOwner(one);
    const { db } = one.services;
    const invited = await db.transaction().execute(async (tx) => {
      await tx.selectFrom('org_heads').select('revision').where('organization_id', '=', orgs[1]!.id).forUpdate().execute();
      assert.equal((await one.operate('DELETE', erasePath())).status, 202);
      await eventually(async () => assert.equal((await memberships(one)).length, 1));
      const body = { email: person.email.toUpperCase() };
      const renamed = await one.operate('PUT', `/users/${person.userId}/`, { name: 'Another Name' });
      assert.equal(renamed.status, 404);
      return one.request('POST', `/api/0/organizations/${elsewhere.slug}/members/`, { cookie: elsewhere.cookie, body });
    });
    assert.equal(invited.status, 201);
    const { organizations } = await erasureOf(one, person.userId);
    assert.deepEqual([...organizations].sort(), [...orgs.map(({ id }) => id), elsewhere.id].sort());
    const rows = await db
      .selectFrom('members')
      .select('id')
      .where('organization_id', '=', elsewhere.id)
      .where('user_id', 'is', null)
      .execute();
    assert.deepEqual(rows, []);
  });
});
