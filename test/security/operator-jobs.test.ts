import assert from 'node:assert/strict';
import { startServer, type TestServer } from '../support/server.ts';

describe("the route of the operator's jobs", () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const path = '/api/operator/jobs/retention/';

  it('[S-01] refuses every caller but the operator, and a body of 8 MB, before it starts anything', async () => {
    const { body: user } = await server.operate('POST', '/users/', { email: 'owner@example.com' });
    const { body: made } = await server.operate('POST', '/organizations/', { name: 'Acme', ownerId: user.id });
    const { body: token } = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:admin'] });
    const body = { organization: made.slug };
    assert.equal((await server.request('POST', path, { body })).status, 401);
    for (const foreign of ['made-up', token.token])
      assert.equal((await server.request('POST', path, { token: foreign, body })).status, 401);
    assert.equal((await server.request('POST', path, { token: token.token, body: { organization: 'x'.repeat(8_000_000) } })).status, 401);
    assert.equal((await server.operate('POST', '/jobs/retention/', { organization: 'x'.repeat(8_000_000) })).status, 413);
    for (const [given, status] of [
      [{ organization: 'absent' }, 400],
      [{ organization: '0' }, 400],
      [{ organization: 7 }, 400],
      [{ organisation: made.slug }, 400],
    ] as const) {
      assert.equal((await server.operate('POST', '/jobs/retention/', given)).status, status, JSON.stringify(given));
    }
    assert.equal((await server.operate('GET', '/jobs/retention/')).status, 405);
    const started = await server.services.db
      .selectFrom('retention_runs')
      .select('organization_id')
      .where('last_run_at', 'is not', null)
      .execute();
    assert.deepEqual(started, []);
  });
});
