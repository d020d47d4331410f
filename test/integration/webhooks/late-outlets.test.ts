import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { anOrgWithOwner } from '../../support/logged-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { aWebhook, callWebhooks } from '../../support/webhooks.ts';

describe('the operator’s list of late webhooks', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const list = (query = '') => server.operate('GET', `/outlets/${query}`);

  it('[13.10] contains active webhooks of all organizations whose next revision is older than the given time', async () => {
    assert.equal((await server.request('GET', '/api/operator/outlets/')).status, 401);
    const [org, others] = [await anOrgWithOwner(server), await anOrgWithOwner(server)];
    assert.equal((await server.request('GET', '/api/operator/outlets/', { cookie: org.cookie })).status, 401);
    const { db } = server.services;
    const late = await aWebhook(server, org);
    const disabled = await aWebhook(server, others);
    await callWebhooks(server, others, 'PUT', `${disabled.id}/`, { status: 'disabled' });
    const revision = Number((await callWebhooks(server, org, 'GET', `${late.id}/state/`)).body.cursor.revision) - 1;
    await db
      .updateTable('log_consumers')
      .set({ revision: String(revision), attempts: 2, last_error: 'The server can’t be reached.', next_attempt_at: '2126-01-01T00:00:00Z' })
      .execute();
    assert.deepEqual((await list()).body, []);
    await sql`UPDATE change_log SET committed_at = committed_at - interval '2 minutes'`.execute(db);
    const { status, body } = await list();
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      body.map(({ organization, kind, id, attempts }: { organization: { id: string }; kind: string; id: string; attempts: number }) => ({
        orgId: organization.id,
        kind,
        id,
        attempts,
      })),
      [{ orgId: org.id, kind: 'webhook', id: late.id, attempts: 2 }],
    );
    assert.ok(body[0].behindSeconds >= 120);
    assert.deepEqual((await list('?behind=100000')).body, []);
    for (const wrong of ['-1', 'x', '1e9']) assert.equal((await list(`?behind=${wrong}`)).status, 400, wrong);
  });
});
