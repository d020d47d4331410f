import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { startInstanceProcesses } from '../support/instance-processes.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, codeOf, logIn, personOf } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { Api, TestServer } from '../support/server.ts';
import { storedRecords } from '../support/stored-records.ts';
import { WireReplica } from '../support/wire-replica.ts';

const kind = 'refresh-members';

describe('a change of a user of many organizations', () => {
  let instances: Instances;
  let first: TestServer;
  let second: TestServer;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
    [first, second] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

  const db = () => first.services.db;

  /** Jobs of the user look claimed by an instance that never continues. */
  async function blockJob(userId: string): Promise<void> {
    const lease = { lease: 'elsewhere', leased_until: sql<string>`now() + interval '1 hour'` };
    await db()
      .insertInto('jobs')
      .values({ kind, subject: userId, params: '{}', ...lease })
      .execute();
  }
  const unblockJob = (userId: string) =>
    db()
      .updateTable('jobs')
      .set({ lease: null, leased_until: null })
      .where('subject', '=', userId)
      .where('lease', '=', 'elsewhere')
      .execute();

  async function memberOf(api: Api, org: ProvisionedOrg, userId: string) {
    return (await storedRecords(api, org.id, 'member')).find((record) => record.user?.id === userId);
  }

  async function organizationsOf(person: Person, count: number): Promise<ProvisionedOrg[]> {
    const orgs: ProvisionedOrg[] = [];
    for (let made = 0; made < count; made++) orgs.push(await anOrganizationOf(first, person));
    return orgs;
  }

  it('shows in the member records of a few organizations when the response arrives', async () => {
    const person = await aPerson(first);
    const orgs = await organizationsOf(person, 3);
    assert.equal((await first.operate('PUT', `/users/${person.userId}/`, { name: 'Renamed' })).status, 200);
    for (const org of orgs) await eventually(async () => assert.equal((await memberOf(second, org, person.userId)).name, 'Renamed'));
  });

  it('leaves the last of several names everywhere, whichever instance serves each request', async () => {
    const person = await aPerson(first);
    const orgs = await organizationsOf(person, 12);
    const names = ['First', 'Second', 'Third', 'Last'];
    for (const [index, name] of names.entries()) {
      const instance = index % 2 === 0 ? first : second;
      assert.equal((await instance.operate('PUT', `/users/${person.userId}/`, { name })).status, 200);
    }
    await eventually(async () => assert.deepEqual(await openJobs(person.userId), []));
    for (const org of orgs) assert.equal((await memberOf(first, org, person.userId)).name, 'Last');
  });

  it('ends in the organizations that are left if the user is removed from one before', async () => {
    const owner = await aPerson(first);
    const person = await aPerson(first);
    const orgs = await organizationsOf(owner, 2);
    for (const org of orgs) await addMember(first, org, person, 'member');
    await blockJob(person.userId);
    await first.operate('PUT', `/users/${person.userId}/`, { name: 'Renamed' });
    const path = `/api/0/organizations/${orgs[1]!.slug}/members/${person.memberId}/`;
    assert.equal((await first.request('DELETE', path, { token: owner.token })).status, 204);
    assert.equal((await first.operate('DELETE', `/organizations/${orgs[0]!.id}/?when=now`)).status < 300, true);
    await unblockJob(person.userId);
    await eventually(async () => assert.deepEqual(await openJobs(person.userId), []));
  });

  const openJobs = (userId: string) =>
    db().selectFrom('jobs').select('id').where('kind', '=', kind).where('subject', '=', userId).where('finished_at', 'is', null).execute();

  describe('the removal of the second factor', () => {
    let account: Account;
    let cookie: string;
    let token: string;
    let requiring: ProvisionedOrg;
    let other: ProvisionedOrg;

    async function enrol(): Promise<void> {
      const begun = (await first.request('POST', '/api/0/auth/authenticators/totp/', { cookie })).body;
      const body = { setup: begun.setup, code: codeOf(begun.secret) };
      assert.equal((await first.request('POST', '/api/0/auth/authenticators/totp/confirm/', { cookie, body })).status, 201);
    }
    const status = async (server: TestServer, org: ProvisionedOrg, credential: object) =>
      (await server.request('GET', `/api/0/organizations/${org.slug}/`, credential)).status;

    beforeEach(async () => {
      account = await anAccount(first);
      cookie = await logIn(first, account);
      await enrol();
      token = (await first.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read', 'org:admin'] })).body.token;
      requiring = await anOrganizationOf(first, personOf(account), { token });
      other = await anOrganizationOf(first, personOf(account), { token });
      const required = await first.request('PUT', `/api/0/organizations/${requiring.slug}/`, { cookie, body: { require2FA: true } });
      assert.equal(required.status, 200);
      await eventually(async () => assert.deepEqual(await openJobs(account.id), []));
      await blockJob(account.id);
    });
    afterEach(() => unblockJob(account.id));

    const removeFactor = () => first.request('DELETE', '/api/0/auth/authenticators/totp/', { cookie });

    it('[S-16] ends access to organizations that require one before the response, on all instances, although the job can not run', async () => {
      const credentials = [{ cookie }, { token }];
      const replicas = await Promise.all(
        [first, second].flatMap(({ url }) => [{ cookie }, token].map((credential) => WireReplica.open(url, credential, requiring.slug))),
      );
      const untouched = await WireReplica.open(second.url, token, other.slug);
      assert.equal((await removeFactor()).status, 204);
      for (const server of [first, second]) {
        for (const credential of credentials) {
          assert.deepEqual([await status(server, requiring, credential), await status(server, other, credential)], [401, 200]);
        }
      }
      for (const replica of replicas) await eventually(() => assert.equal(replica.revoked?.reason, 'two-factor-required'));
      assert.equal(untouched.revoked, null);
      const late = WireReplica.open(second.url, token, requiring.slug);
      await assert.rejects(late, /denied/);
      assert.equal((await memberOf(first, requiring, account.id)).user.has2fa, true, 'the job ran, so the test shows nothing');
      for (const replica of [...replicas, untouched]) replica.close();
    });

    it('gives access again with a new one, also over a connection that was open all the time', async () => {
      const replica = await WireReplica.open(second.url, token, other.slug);
      assert.equal((await removeFactor()).status, 204);
      assert.equal(await status(second, requiring, { cookie }), 401);
      await enrol();
      for (const server of [first, second]) assert.equal(await status(server, requiring, { cookie }), 200);
      await eventually(async () => {
        const again = await WireReplica.open(second.url, token, requiring.slug);
        again.close();
      });
      assert.equal(replica.revoked, null);
      replica.close();
    });

    it('refuses a decision about the user, although the member record still has it', async () => {
      assert.equal((await removeFactor()).status, 204);
      const asker = await aPerson(first, { hasSecondFactor: true });
      await addMember(first, requiring, asker, 'owner');
      const path = `/api/0/organizations/${requiring.slug}/can/?userId=${account.id}&scope=org:read`;
      const { body } = await second.request('GET', path, { token: asker.token });
      assert.deepEqual([body.allowed, body.why], [false, 'two-factor-required'], JSON.stringify(body));
    });
  });
});

describe('a change of a user whose instance is killed in the middle', () => {
  it('[H-95] reaches all organizations by another instance', async function () {
    this.timeout(180_000);
    const processes = await startInstanceProcesses([{ ROLLCALL_FAILPOINT: 'after-job-step:2' }, {}]);
    try {
      const [dying, surviving] = processes.instances.map(({ api }) => api) as [Api, Api];
      const person = await aPerson(surviving);
      const orgs: ProvisionedOrg[] = [];
      for (let made = 0; made < 45; made++) orgs.push(await anOrganizationOf(surviving, person));
      await dying.operate('PUT', `/users/${person.userId}/`, { name: 'Renamed' }).catch(() => {});
      const names = async () => Promise.all(orgs.map(async (org) => (await storedRecords(surviving, org.id, 'member'))[0].name));
      await eventually(async () => assert.deepEqual(new Set(await names()), new Set(['Renamed'])), {
        timeoutMs: 90_000,
        intervalMs: 1_000,
      });
      assert.equal((await processes.instances[0]!.process.exit).signal, 'SIGKILL');
    } finally {
      await processes.stop();
    }
  });
});
