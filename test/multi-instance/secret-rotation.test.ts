import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { keyIdOf } from '../../server/src/runtime/secrets/key-ring.ts';
import { eraseCompletely } from '../support/erasures.ts';
import { eventually } from '../support/eventually.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { TestIssuer } from '../support/issuer.ts';
import { anAccount, codeOf, goodPassword, logIn } from '../support/log-in.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { linkOf, mailsTo } from '../support/mailbox.ts';
import { aMigratedDatabase } from '../support/migrated-database.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson, nextNumber } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { RollingInstances } from '../support/rolling-instances.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { enableScim, mintScimToken } from '../support/scim.ts';
import { apiOf, startServer, type TestServer } from '../support/server.ts';
import { addOidcProvider, logInWith } from '../support/single-sign-on.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { aWebhook } from '../support/webhooks.ts';

const newSecret = () => randomBytes(24).toString('hex');
const operatorToken = randomBytes(24).toString('hex');

describe('a rotation of SECRET', function () {
  this.timeout(180_000);
  let database: TestDatabase;
  let shared: Record<string, string>;
  let issuer: TestIssuer;
  let idp: ForgingIdp;
  let receiver: WebhookReceiver;
  const [a, b] = [newSecret(), newSecret()];

  before(async () => {
    [issuer, idp, receiver] = await Promise.all([TestIssuer.start(), ForgingIdp.start(), WebhookReceiver.start()]);
  });
  beforeEach(async () => {
    database = await aMigratedDatabase();
    shared = {
      ...{ DATABASE_URL: database.url, REDIS_URL: (await sharedRedis()).url, OPERATOR_TOKEN: operatorToken },
      ...{ ...issuer.environment, JWT_USER: 'external:sub', OUTBOUND_ALLOWED: '127.0.0.1', MAIL_DIR: makeTemporaryDirectory('mail') },
    };
  });
  afterEach(() => database?.drop());
  after(() => Promise.all([issuer?.stop(), idp?.stop(), receiver?.stop()]));

  const rotationOf = async (server: Pick<TestServer, 'operate'>) => (await server.operate('GET', '/secret-rotation/')).body;
  const isFinished = (server: Pick<TestServer, 'operate'>) =>
    eventually(async () => assert.equal((await rotationOf(server)).state, 'finished'), { timeoutMs: 60_000, intervalMs: 100 });

  /** Everything that depends on SECRET, made at a server. The returned checks work at any. */
  async function makeAll(server: TestServer, org: OrgWithOwner) {
    const webhook = await aWebhook(server, org, { url: receiver.url, eventTypes: ['team.created'] });
    await addOidcProvider(server, org.id, { issuer: idp.issuer() });
    const provisioned = await anOrganizationOf(server, await aPerson(server));
    await enableScim(server, provisioned.id);
    const scimToken = await mintScimToken(server, provisioned.id);
    const { body: service } = await server.operate('POST', '/service-tokens/', { name: 'back end', collections: ['teams', 'members'] });
    const factor = await anAccount(server);
    const { body: app } = await server.operate('POST', `/users/${factor.id}/authenticators/`, { type: 'totp' });
    const { body: recovery } = await server.operate('POST', `/users/${factor.id}/authenticators/`, { type: 'recovery' });
    const erased = await aPerson(server);
    const sub = `erased|${nextNumber()}`;
    await server.operate('PUT', `/users/${erased.userId}/`, { externalId: sub });
    await eraseCompletely(server, erased.userId);
    const email = `invited-${nextNumber()}@example.com`;
    const invited = await server.request('POST', `/api/0/organizations/${org.slug}/members/`, { cookie: org.cookie, body: { email } });
    assert.equal(invited.status, 201);
    const [mail] = await mailsTo(server, email);
    const invite = linkOf(mail!);
    let step = 0;

    return {
      async webhook(at: TestServer) {
        const before = receiver.received.length;
        const { body } = await at.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
          cookie: org.cookie,
          body: { slug: `w-${nextNumber()}` },
        });
        const sent = await eventually(() => {
          const found = receiver.received.slice(before).find((one) => one.body.includes(body.slug));
          assert.ok(found, 'the webhook was not delivered');
          return found;
        });
        new Webhook(webhook.secret).verify(sent.body, sent.headers as Record<string, string>);
      },
      async provider(at: TestServer) {
        const { text } = await logInWith(at, idp, org, {
          sub: `person-${nextNumber()}`,
          email: `p-${nextNumber()}@example.com`,
          email_verified: true,
        });
        // The provider's response was verified with the stored client secret.
        assert.match(text, /isn’t linked to an account/);
      },
      async secondFactor(at: TestServer) {
        // A code works once. The step after the current one is valid too.
        await logIn(at, factor, codeOf(app.secret, step - 1));
        step++;
        const body = { username: factor.email, password: goodPassword, otp: recovery.codes[step] };
        assert.equal((await at.request('POST', '/api/0/auth/login/', { body })).status, 200, 'a recovery code');
      },
      async invite(at: TestServer) {
        assert.equal((await at.request('GET', `/api/0/accept-invite/${invite.id}/${invite.token}/`)).status, 200);
      },
      async erasedName(at: TestServer) {
        const readMe = async (of: string) => (await at.request('GET', '/api/0/users/me/', { token: await issuer.sign({ sub: of }) })).body;
        assert.deepEqual(await readMe(sub), { detail: 'User inactive or deleted' });
        assert.equal((await readMe(`unknown|${nextNumber()}`)).reason, 'unknown-user');
      },
      async tokens(at: TestServer) {
        assert.equal((await at.request('GET', `/api/0/organizations/${org.slug}/`, { token: service.token })).status, 200, 'service token');
        assert.equal(
          (await at.request('GET', `/api/0/organizations/${provisioned.slug}/scim/v2/Users`, { token: scimToken })).status,
          200,
          'SCIM',
        );
      },
    };
  }

  it('[V11.2.2] fails no request, closes no subscriber of another instance, and leaves nothing unreadable', async () => {
    const servers = [await startServer({ ...shared, SECRET: a }), await startServer({ ...shared, SECRET: a })];
    const org = await anOrgWithOwner(servers[0]!);
    const { body: owner } = await servers[0]!.operate('POST', `/users/${org.owner.userId}/tokens/`, {
      scopes: ['org:admin', 'team:admin', 'member:admin'],
    });
    const checks = await makeAll(servers[0]!, org);
    const checkAll = async (server: TestServer) => {
      for (const check of Object.values(checks)) await check(server);
    };
    await checkAll(servers[1]!);
    const rolling = await RollingInstances.start(servers, { org: org.slug, token: owner.token });
    try {
      const refused = await servers[0]!.operate('POST', '/secret-rotation/');
      assert.equal(refused.status, 400, 'there is no other key');
      assert.match(refused.body.detail, /SECRET_PREVIOUS is not set/);

      await rolling.restart({ ...shared, SECRET: b, SECRET_PREVIOUS: a });
      const [one, other] = rolling.servers as [TestServer, TestServer];
      assert.equal((await rotationOf(one)).currentKey, keyIdOf(a), 'the former one is in use until the switch');
      await checks.webhook(one);

      const run = await runInProcess(['rotate-secret'], { ROLLCALL_URL: one.url, OPERATOR_TOKEN: operatorToken });
      assert.deepEqual([run.code, run.stdout.includes(`The key ${keyIdOf(b)} is in use.`)], [0, true], run.stderr);
      const rotation = await rotationOf(other);
      assert.deepEqual([rotation.state, rotation.left, rotation.unreadable, rotation.waitingFor], ['finished', 0, 0, []]);
      await checks.secondFactor(other);

      await rolling.restart({ ...shared, SECRET: b });
      for (const { services } of rolling.servers) assert.equal(services.writePath.counters.get('noticesDropped'), 0);
      await checkAll(rolling.servers[1]!);
      await rolling.finish();
      assert.ok(rolling.written > 50, String(rolling.written));
    } finally {
      await rolling.stop();
    }
  });

  it('waits for instances that lack the new key, and a later one without it is not ready', async () => {
    const old = await startServer({ ...shared, SECRET: a, INSTANCE_ID: 'old' });
    const restarted = await startServer({ ...shared, SECRET: b, SECRET_PREVIOUS: a, INSTANCE_ID: 'restarted' });
    const refused = await restarted.operate('POST', '/secret-rotation/');
    assert.equal(refused.status, 400);
    assert.match(refused.body.detail, /These instances lack SECRET or SECRET_PREVIOUS: old\./);
    await old.stop();
    assert.equal((await restarted.operate('POST', '/secret-rotation/')).status, 202);
    await isFinished(restarted);

    const late = await startServer({ ...shared, SECRET: a, LOG_LEVEL: 'silent' });
    const ready = await fetch(`${late.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /SECRET is not the one with which the stored secrets were encrypted/);
    await Promise.all([late.stop(), restarted.stop()]);
  });

  it('continues on another instance after a crash', async () => {
    const first = await startServer({ ...shared, SECRET: a });
    const org = await anOrgWithOwner(first);
    const webhook = await aWebhook(first, org, { url: receiver.url, eventTypes: ['team.created'] });
    await first.stop();
    const both = { ...shared, SECRET: b, SECRET_PREVIOUS: a };
    const dying = startProcess(['start'], {
      ...both,
      PORT: '0',
      DATA_DIR: makeTemporaryDirectory('dying'),
      INSTANCE_ID: 'dying',
      ROLLCALL_FAILPOINT: 'after-job-step:2',
    });
    const [, url] = await dying.waitForLine(/is ready on (\S+)/, 60_000);
    await apiOf(url!, operatorToken)
      .operate('POST', '/secret-rotation/')
      .catch(() => {});
    assert.equal((await dying.exit).signal, 'SIGKILL');

    const next = await startServer(both);
    const stored = await next.services.db.selectFrom('org_secrets').select('encrypted').execute();
    assert.ok(
      stored.some(({ encrypted }) => encrypted.endsWith(keyIdOf(a))),
      'the process died before the texts were encrypted again',
    );
    // The claim of the dead instance would end after its lease, and its registration after 20 s.
    await sql`UPDATE jobs SET leased_until = now()`.execute(next.services.db);
    await sql`DELETE FROM instances WHERE name = 'dying'`.execute(next.services.db);
    await isFinished(next);
    await next.stop();

    const last = await startServer({ ...shared, SECRET: b });
    const { rows } = await sql<{ encrypted: string }>`
      SELECT encrypted FROM org_secrets UNION ALL SELECT secret FROM authenticators WHERE type = 'totp'`.execute(last.services.db);
    assert.ok(rows.length > 0 && rows.every(({ encrypted }) => encrypted.endsWith(`=2-${keyIdOf(b)}`)));
    const { status, body } = await last.request('POST', `/api/0/organizations/${org.slug}/webhooks/${webhook.id}/rotate-secret/`, {
      cookie: org.cookie,
    });
    assert.equal(status, 200, JSON.stringify(body));
    await last.stop();
  });
});
