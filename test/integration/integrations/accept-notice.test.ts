import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { acceptNotice, deleteOldNotices } from '../../../server/src/features/integrations/directories/accept-notice.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('notices of providers', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  async function accepted(id: string, provider: 'github' | 'gitlab' = 'github'): Promise<number> {
    let count = 0;
    await acceptNotice(server.services.db, provider, id, async () => void count++);
    return count;
  }

  it('call the handler once per provider, also if they arrive at the same time', async () => {
    const counts = await Promise.all(Array.from({ length: 10 }, () => accepted('one')));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.deepEqual([await accepted('one'), await accepted('two'), await accepted('one', 'gitlab')], [0, 1, 1]);
  });

  it('call the handler again when the provider sends them again after a failure', async () => {
    const fail = () => acceptNotice(server.services.db, 'github', 'failing', () => Promise.reject(new Error('unavailable')));
    await assert.rejects(fail, /unavailable/);
    assert.equal(await accepted('failing'), 1);
  });

  it('store their id together with what the handler changes, so that a crash loses none', async () => {
    const stored = () => server.services.db.selectFrom('provider_notices').select('notice_id').where('notice_id', '=', 'slow').execute();
    await acceptNotice(server.services.db, 'github', 'slow', async () => assert.deepEqual(await stored(), []));
    assert.equal((await stored()).length, 1);
  });

  it('keep their ids for 7 days', async () => {
    const age = (id: string, hours: number) =>
      server.services.db
        .updateTable('provider_notices')
        .set({ date_created: sql<string>`clock_timestamp() - make_interval(hours => ${hours})` })
        .where('notice_id', '=', id)
        .execute();
    for (const id of ['recent', 'old']) await accepted(id);
    await age('recent', 7 * 24 - 1);
    await age('old', 7 * 24 + 1);
    await deleteOldNotices(server.services.db);
    assert.deepEqual([await accepted('recent'), await accepted('old')], [0, 1]);
  });
});
