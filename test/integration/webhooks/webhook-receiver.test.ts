import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';
import { version } from '../../../server/src/runtime/version.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type ReceivedWebhook, WebhookReceiver } from '../../support/webhook-receiver.ts';
import { aWebhook, callWebhooks } from '../../support/webhooks.ts';

describe('webhooks at their receiver', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let receiver: WebhookReceiver;

  before(async () => {
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1', WEBHOOK_RETRY_SECONDS: '0.1 0.1 0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    org = await anOrgWithOwner(server);
  });
  afterEach(() => receiver.stop());

  const call = (method: string, below = '', body?: unknown) => callWebhooks(server, org, method, below, body);
  const addTeam = (slug: string) =>
    server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { cookie: org.cookie, body: { slug } });
  const arrived = (count: number) => eventually(() => assert.equal(receiver.received.length, count), { timeoutMs: 10_000 });
  const teams = { eventTypes: ['team.created'] };

  it('[13.10] carry a signature that the official library verifies, and the headers of the specification', async () => {
    const { id, secret } = await aWebhook(server, org, { url: receiver.url, eventTypes: ['team.*'] });
    await addTeam('web');
    await arrived(2);
    const [{ headers, body, url }] = receiver.received as [ReceivedWebhook, ReceivedWebhook];
    const event = new Webhook(secret).verify(body, headers as Record<string, string>) as { type: string; data: Record<string, unknown> };
    assert.equal(url, '/events');
    assert.equal(event.type, 'team.created');
    const { revision, index } = event.data;
    assert.equal(event.data.id, `${org.id}.${revision}.${index}`);
    assert.equal(headers['webhook-id'], `msg_${id}_${org.id}_${revision}_${index}`);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['user-agent'], `Rollcall/${version}`);
    assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000) < 60, 'the time of the attempt');
    assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>));
  });

  it('[S-51] carry signatures of the new secret and the previous one after a rotation, and never contain them', async () => {
    const { id, secret: previous } = await aWebhook(server, org, { url: receiver.url });
    const { body: rotated } = await call('POST', `${id}/rotate-secret/`);
    await eventually(() => assert.ok(receiver.types.includes('webhook.updated'), receiver.types.join()), { timeoutMs: 10_000 });
    await addTeam('web');
    await eventually(() => assert.ok(receiver.types.includes('team.created'), receiver.types.join()), { timeoutMs: 10_000 });
    const { headers, body } = receiver.received.find((one) => JSON.parse(one.body).type === 'team.created')!;
    assert.equal(headers['webhook-signature']!.toString().split(' ').length, 2);
    for (const secret of [previous, rotated.secret]) new Webhook(secret).verify(body, headers as Record<string, string>);
    for (const one of receiver.received) assert.ok(!/whsec_/.test(JSON.stringify(one)), 'a secret was sent');
    await server.services.db
      .updateTable('org_secrets')
      .set({ expires_at: '2020-01-01T00:00:00Z' })
      .where('name', '=', 'previous')
      .execute();
    await addTeam('api');
    await eventually(() => assert.ok(receiver.received.at(-1)!.body.includes('"api"'), 'not sent yet'), { timeoutMs: 10_000 });
    const last = receiver.received.at(-1)!;
    assert.throws(() => new Webhook(previous).verify(last.body, last.headers as Record<string, string>));
    new Webhook(rotated.secret).verify(last.body, last.headers as Record<string, string>);
  });

  it('[13.10] arrive in order, again with the same id after a failure, and each attempt is logged', async () => {
    const { id } = await aWebhook(server, org, { url: receiver.url, ...teams });
    receiver.respond = (_received, response) => {
      response.statusCode = receiver.received.length <= 2 ? 500 : 204;
      response.end(receiver.received.length <= 2 ? 'broken\0' : '');
    };
    for (const slug of ['one', 'two', 'three']) await addTeam(slug);
    await arrived(5);
    assert.deepEqual(
      receiver.received.map(({ body }) => JSON.parse(body).data.after.slug),
      ['one', 'one', 'one', 'two', 'three'],
    );
    assert.equal(new Set(receiver.received.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1);
    await eventually(async () => {
      const { body } = await call('GET', `${id}/deliveries/`);
      const brief = body.map(({ status, error, response, attempt }: Record<string, unknown>) => [attempt, status, error, response]);
      const failure = 'The receiver responded with status 500.';
      assert.deepEqual(brief.reverse(), [
        [1, 500, failure, 'broken'],
        [2, 500, failure, 'broken'],
        [3, 204, null, ''],
        [1, 204, null, ''],
        [1, 204, null, ''],
      ]);
    });
    assert.equal((await call('GET', `${id}/state/`)).body.behind, 0);
  });

  it('[13.10] stop at once after 410, and continue without a gap', async () => {
    const { id } = await aWebhook(server, org, { url: receiver.url, ...teams });
    receiver.respond = (_received, response) => response.writeHead(410).end();
    await addTeam('one');
    await addTeam('two');
    await eventually(async () => {
      const { body } = await call('GET', `${id}/`);
      assert.deepEqual([body.status, body.disabledReason], ['disabled', 'gone']);
    });
    receiver.respond = (_received, response) => response.end();
    receiver.received.length = 0;
    assert.equal((await call('PUT', `${id}/`, { status: 'active' })).status, 200);
    await eventually(() => assert.equal(receiver.received.length, 2), { timeoutMs: 10_000 });
    assert.deepEqual(
      receiver.received.map(({ body }) => JSON.parse(body).data.after.slug),
      ['one', 'two'],
    );
  });

  it('[13.10] stop after the last attempt', async () => {
    const { id } = await aWebhook(server, org, { url: receiver.url, ...teams });
    receiver.respond = (_received, response) => response.destroy();
    await addTeam('one');
    await eventually(
      async () => {
        const { body } = await call('GET', `${id}/`);
        assert.deepEqual([body.status, body.disabledReason], ['disabled', 'failed-too-long']);
      },
      { timeoutMs: 10_000 },
    );
    assert.equal(receiver.received.length, 4);
  });

  it('[S-50] follow no redirect', async () => {
    await aWebhook(server, org, { url: receiver.url, ...teams });
    receiver.respond = ({ url }, response) => {
      if (url === '/inside') response.end();
      else response.writeHead(307, { location: '/inside' }).end();
    };
    await addTeam('one');
    await arrived(4);
    assert.ok(receiver.received.every(({ url }) => url === '/events'));
  });

  it('[13.10] fail if the name of the receiver has no address, and the log states why', async () => {
    const { id } = await aWebhook(server, org, { url: `https://inside.invalid/`, ...teams });
    await addTeam('one');
    await eventually(
      async () => {
        const { body } = await call('GET', `${id}/deliveries/`);
        assert.deepEqual([body.at(0)?.status, body.at(0)?.error], [null, 'The host name can’t be resolved.']);
      },
      { timeoutMs: 10_000 },
    );
    assert.equal(receiver.received.length, 0);
  });

  it('[S-51] contain nothing above their scopes', async () => {
    await aWebhook(server, org, { url: receiver.url, scopes: ['team:read'] });
    const all = await WebhookReceiver.start();
    try {
      await aWebhook(server, org, { url: all.url });
      await addTeam('one');
      await eventually(() => assert.ok(all.types.includes('audit.recorded') && receiver.types.includes('team.created'), all.types.join()), {
        timeoutMs: 10_000,
      });
      for (const { body } of receiver.received) assert.match(JSON.parse(body).type, /^team\./);
    } finally {
      await all.stop();
    }
  });
});
