import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilUnclaimed } from '../../support/claims.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WebhookReceiver } from '../../support/webhook-receiver.ts';
import { aWebhook } from '../../support/webhooks.ts';

/** Longer than the time after which a delivery counts as slow. */
const slowMs = 2_200;

describe('webhooks of organizations whose receivers are slow', () => {
  let server: TestServer;
  let receivers: WebhookReceiver[];
  /** Responses that a receiver has not sent yet. */
  let waiting: (() => void)[];

  beforeEach(async () => {
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
    receivers = [];
    waiting = [];
  });
  afterEach(async () => {
    await server?.stop();
    for (const receiver of receivers) await receiver.stop();
  });

  async function aReceiver(respond?: WebhookReceiver['respond']): Promise<WebhookReceiver> {
    const receiver = await WebhookReceiver.start();
    receivers.push(receiver);
    if (respond) receiver.respond = respond;
    return receiver;
  }

  /** An organization with webhooks of this number of receivers, each with its own port. */
  async function withWebhooks(count: number, respond?: WebhookReceiver['respond']): Promise<OrgWithOwner & { of: WebhookReceiver[] }> {
    const org = await anOrgWithOwner(server);
    const of: WebhookReceiver[] = [];
    for (let index = 0; index < count; index++) {
      const receiver = await aReceiver(respond);
      await aWebhook(server, org, { url: receiver.url, eventTypes: ['team.created'] });
      of.push(receiver);
    }
    return { ...org, of };
  }

  const addTeam = async (org: OrgWithOwner, slug: string) => {
    const { status } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { cookie: org.cookie, body: { slug } });
    assert.equal(status, 201);
  };
  const hold: WebhookReceiver['respond'] = (_received, response) => waiting.push(() => response.end());
  const arrived = ({ of }: { of: readonly WebhookReceiver[] }, count: number) =>
    eventually(
      () => {
        for (const { received } of of) assert.equal(received.length, count);
      },
      { timeoutMs: 20_000 },
    );

  it('[13.10] take four slots for one organization, and the others get their events', async () => {
    const slow = await withWebhooks(20, hold);
    const honest = await withWebhooks(1);
    await addTeam(slow, 'web');
    await eventually(() => assert.equal(waiting.length, 4));
    for (const [index, slug] of ['one', 'two', 'three'].entries()) {
      await addTeam(honest, slug);
      await arrived(honest, index + 1);
    }
    assert.equal(waiting.length, 4);
  });

  it('[13.10] take half of the slots for eight organizations, after their first slow delivery', async () => {
    const slowly: WebhookReceiver['respond'] = async (_received, response) => {
      await sleep(slowMs);
      response.end();
    };
    const slow = await Promise.all(Array.from({ length: 8 }, () => withWebhooks(4, slowly)));
    const honest = await withWebhooks(1);
    // All slots are taken until the first deliveries end.
    for (const org of slow) await addTeam(org, 'first');
    await addTeam(honest, 'first');
    for (const org of [...slow, honest]) await arrived(org, 1);
    for (const org of slow) await untilUnclaimed(server, org.id);
    for (const { of } of slow) for (const receiver of of) receiver.respond = hold;
    for (const org of slow) await addTeam(org, 'second');
    await eventually(() => assert.equal(waiting.length, 16), { timeoutMs: 20_000 });
    await addTeam(honest, 'second');
    await arrived(honest, 2);
    assert.equal(waiting.length, 16);
  });
});
