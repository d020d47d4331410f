import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';
import { type ReceivedWebhook, WebhookReceiver } from '../../support/webhook-receiver.ts';
import { aWebhook, callWebhooks } from '../../support/webhooks.ts';

describe('a test event of a webhook', () => {
  let server: TestServer;
  let receiver: WebhookReceiver;
  let status: number;
  let org: OrgWithOwner;

  before(async () => {
    receiver = await WebhookReceiver.start();
    receiver.respond = (_received, response) => {
      const headers = status === 302 ? { location: `${receiver.url}/elsewhere` } : {};
      response.writeHead(status, headers).end(`${'x'.repeat(1_000)}\0${'y'.repeat(1_000)}`);
    };
    server = await startServerWith(receiver, { OUTBOUND_ALLOWED: `127.0.0.1` });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    receiver.received.length = 0;
    status = 200;
    org = await anOrgWithOwner(server);
  });

  const send = (id: string) => callWebhooks(server, org, 'POST', `${id}/test/`);

  it('[13.10] carries signatures with the current and the previous secret, and returns the beginning of the response', async () => {
    const { id, secret } = await aWebhook(server, org, { url: receiver.url, eventTypes: ['flag.changed'] });
    const second = (await callWebhooks(server, org, 'POST', `${id}/rotate-secret/`)).body.secret;
    const { status: answered, body } = await send(id);
    assert.equal(answered, 200, JSON.stringify(body));
    assert.deepEqual([body.status, body.error, body.response], [200, null, `${'x'.repeat(1_000)}${'y'.repeat(23)}`]);
    const tests = receiver.received.filter(({ body: text }) => text.includes('"webhook.test"'));
    assert.equal(tests.length, 1);
    const [{ headers, body: text }] = tests as [ReceivedWebhook];
    for (const one of [secret, second]) assert.ok(new Webhook(one).verify(text, headers as Record<string, string>));
    const stranger = (await aWebhook(server, org, { url: receiver.url })).secret;
    assert.throws(() => new Webhook(stranger).verify(text, headers as Record<string, string>));
    assert.match(String(headers['user-agent']), /^Rollcall\//);
    assert.equal(headers['content-type'], 'application/json');
    const { type, data } = JSON.parse(text);
    assert.deepEqual([type, data], ['webhook.test', { organization: { id: org.id, slug: org.slug }, webhook: { id } }]);
  });

  it('[13.10] reports failures, without following a redirect', async () => {
    const { id } = await aWebhook(server, org, { url: receiver.url, eventTypes: ['flag.changed'] });
    for (status of [302, 500]) {
      const { body } = await send(id);
      assert.deepEqual([body.status, body.error], [status, `The receiver responded with status ${status}.`]);
    }
    assert.equal(receiver.received.length, 2);
    const { id: unknown } = await aWebhook(server, org);
    const { body } = await send(unknown);
    assert.deepEqual([body.status, body.error, body.response], [null, 'The host name can’t be resolved.', null]);
  });

  it('[S-50] calls no internal address, even if a name resolves to it', async () => {
    const strict = await startServer();
    try {
      const own = await anOrgWithOwner(strict);
      const { id } = await aWebhook(strict, own, { url: `https://localhost:${receiver.port}/` });
      const { body } = await callWebhooks(strict, own, 'POST', `${id}/test/`);
      assert.deepEqual([body.status, body.response], [null, null]);
      assert.match(body.error, /^This server may not call that URL\./);
      assert.deepEqual(receiver.received, []);
    } finally {
      await strict.stop();
    }
  });

  it('[13.10] gets 429 after 20 in a minute', async () => {
    const { id } = await aWebhook(server, org, { url: receiver.url });
    const statuses: number[] = [];
    for (let round = 0; round < 21; round++) statuses.push((await send(id)).status);
    assert.deepEqual([...new Set(statuses)], [200, 429]);
  });
});
