import assert from 'node:assert/strict';
import { untilUnclaimed } from '../../support/claims.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { aWebhook, callWebhooks, webhooksPath } from '../../support/webhooks.ts';

describe('the deliveries of a webhook', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let id: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    ({ id } = await aWebhook(server, org));
    // Nothing is sent while these tests run.
    await call('PUT', `${id}/`, { status: 'disabled' });
    await untilUnclaimed(server, org.id);
  });

  const call = (method: string, below = '', body?: unknown) => callWebhooks(server, org, method, below, body);
  const cursorOf = async () => (await call('GET', `${id}/state/`)).body.cursor;

  async function addDeliveries(count: number, webhookId = id): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) => ({
      organization_id: org.id,
      consumer: `webhook:${webhookId}`,
      event_id: `${org.id}.${index + 1}.0`,
      event_type: 'member.added',
      attempt: 1,
      // Pairs share a time.
      delivered_at: new Date(Date.UTC(2026, 1, 1, 0, 0, Math.floor(index / 2))).toISOString(),
      ms: 12,
      status: index % 3 === 0 ? 500 : 200,
      error: index % 3 === 0 ? 'The receiver responded with status 500.' : null,
      response: 'seen',
      next_attempt_at: null,
    }));
    await server.services.db.insertInto('deliveries').values(rows).execute();
  }

  it('[13.10] appear newest first, in pages by date, of one webhook only', async () => {
    const { id: another } = await aWebhook(server, org);
    await addDeliveries(9);
    await addDeliveries(3, another);
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page++) {
      const { status, body, headers } = await call('GET', `${id}/deliveries/?per_page=2${cursor}`);
      assert.equal(status, 200, JSON.stringify(body));
      seen.push(...body.map(({ eventId }: { eventId: string }) => eventId));
      const next = /cursor=([^&>]*)>; rel="next"; results="true"/.exec(headers.get('link')!);
      if (!next) break;
      cursor = `&cursor=${next[1]}`;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 9 }, (_, index) => `${org.id}.${9 - index}.0`),
    );
    const failed = await call('GET', `${id}/deliveries/?status=failed`);
    assert.deepEqual(
      failed.body.map(({ eventId, status }: { eventId: string; status: number }) => [eventId, status]),
      [7, 4, 1].map((revision) => [`${org.id}.${revision}.0`, 500]),
    );
    const { id: _id, at, ...first } = failed.body[2];
    assert.equal(Date.parse(at), Date.UTC(2026, 1, 1));
    assert.deepEqual(first, {
      eventId: `${org.id}.1.0`,
      type: 'member.added',
      attempt: 1,
      ms: 12,
      status: 500,
      error: 'The receiver responded with status 500.',
      response: 'seen',
      nextAttemptAt: null,
    });
    assert.equal((await call('GET', `${id}/deliveries/?status=late`)).status, 400);
  });

  it('[13.10] start again from an earlier revision that is in the log', async () => {
    const { revision } = await cursorOf();
    const replayed = await call('POST', `${id}/replay/`, { fromRevision: 2 });
    assert.equal(replayed.status, 204, JSON.stringify(replayed.body));
    assert.deepEqual(await cursorOf(), { revision: 2, index: 0 });
    const state = (await call('GET', `${id}/state/`)).body;
    assert.equal(state.behind, state.head - 1);
    assert.match(state.oldestUnsentAt, /Z$/);
    // It never goes forward: that would lose events.
    for (const fromRevision of [3, revision + 100]) {
      const { status, body } = await call('POST', `${id}/replay/`, { fromRevision });
      assert.deepEqual([status, Object.keys(body)], [400, ['fromRevision']], String(fromRevision));
    }
    await server.services.db.updateTable('org_heads').set({ floor_revision: 2 }).where('organization_id', '=', org.id).execute();
    const below = await call('POST', `${id}/replay/`, { fromRevision: 1 });
    assert.deepEqual([below.status, below.body], [400, { fromRevision: ['The log begins at revision 3.'] }]);
    for (const fromRevision of ['x', -1, null, undefined]) {
      assert.equal((await call('POST', `${id}/replay/`, { fromRevision })).status, 400, String(fromRevision));
    }
    assert.deepEqual(await cursorOf(), { revision: 2, index: 0 });
  });

  it('[13.10] start again at most 20 times an hour in an organization, and repeated requests do not count', async () => {
    const replay = async (key: string) => {
      const headers = { 'idempotency-key': key };
      const body = { fromRevision: 2 };
      return (await server.request('POST', webhooksPath(org, `${id}/replay/`), { cookie: org.cookie, headers, body })).status;
    };
    const statuses: number[] = [];
    for (let count = 0; count < 21; count++) statuses.push(await replay(`replay-${count}`));
    assert.deepEqual([statuses[0], statuses.indexOf(429)], [204, 20]);
    assert.equal(await replay('replay-0'), 204);
  });

  it('[13.10] pass over the failed event on request, with an audit entry, and no event that did not fail', async () => {
    const refused = await call('POST', `${id}/skip/`);
    assert.deepEqual([refused.status, refused.body.detail], [400, 'No event of this webhook waits for another attempt.']);
    const before = await cursorOf();
    await server.services.db.updateTable('log_consumers').set({ attempts: 3 }).where('organization_id', '=', org.id).execute();
    const head = (await call('GET', `${id}/state/`)).body.head;
    const skipped = await call('POST', `${id}/skip/`);
    assert.deepEqual([skipped.status, revisionOf(skipped)], [204, head + 1]);
    assert.deepEqual(await cursorOf(), { ...before, index: before.index + 1 });
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const notes = body.records.flatMap(({ record }: { record: { note?: string } }) => record.note ?? []);
    assert.ok(notes.includes(`skipped event ${org.id}.${before.revision}.${before.index} of webhook receiver.invalid`), notes.join('\n'));
    assert.equal((await call('POST', `${id}/skip/`)).status, 400);
  });
});
