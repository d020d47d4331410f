import assert from 'node:assert/strict';
import {
  claimOrgSecret,
  openOrgSecrets,
  saveOrgSecret,
  storeClaimedSecret,
} from '../../../server/src/database/organizations/org-secrets.ts';
import { ownerOfSecrets } from '../../../server/src/features/integrations/commands/integration-rows.ts';
import type { DirectoryConnection } from '../../../server/src/features/integrations/directories/directory.ts';
import { openConnection } from '../../../server/src/features/integrations/directories/stored-connection.ts';
import { anOrgWithOwner } from '../../support/logged-in.ts';
import { anIntegration } from '../../support/security-records.ts';
import { startEmbeddedServer, startServer, type TestServer } from '../../support/server.ts';

for (const [kind, start] of [
  ['PostgreSQL', () => startServer()] as const,
  ['the embedded database', () => startEmbeddedServer()] as const,
]) {
  describe(`the stored values of a connection, on ${kind}`, () => {
    let server: TestServer;
    let owner: ReturnType<typeof ownerOfSecrets>;
    let integrationId: string;

    before(async () => {
      server = await start();
    });
    after(() => server?.stop());
    beforeEach(async () => {
      const org = await anOrgWithOwner(server);
      integrationId = (await anIntegration(server, org.id)).id;
      owner = ownerOfSecrets(org.id, integrationId);
      await save('0');
    });

    const save = (text: string) =>
      server.services.db.transaction().execute((tx) => saveOrgSecret(tx, server.services.secret, owner, 'tokens', text));
    const stored = async () => (await openOrgSecrets(server.services.db, server.services.secret, owner)).get('tokens');
    const connect = (): Promise<DirectoryConnection> =>
      openConnection(
        { db: server.services.db, key: server.services.secret },
        { orgId: owner.orgId, integrationId, provider: 'gitlab', externalId: '7' },
      );
    const claim = () => claimOrgSecret(server.services.db, server.services.secret, owner, 'tokens');

    it('a value is replaced by one caller at a time', async () => {
      let running = 0;
      const add = async () => {
        const connection = await connect();
        return connection.replaceSecret('tokens', async (text) => {
          assert.equal(++running, 1, 'two callers replaced the value');
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return String(Number(text) + 1);
        });
      };
      const results = await Promise.all([add(), add(), add(), add()]);
      assert.deepEqual(results.toSorted(), ['1', '2', '3', '4']);
      assert.equal(await stored(), '4');
    });

    it('a value stays if the replacement fails or is not needed, and can then be replaced', async () => {
      const connection = await connect();
      await assert.rejects(
        connection.replaceSecret('tokens', async () => {
          throw new Error('refused');
        }),
        /refused/,
      );
      assert.equal(await connection.replaceSecret('tokens', async () => null), '0');
      assert.equal(await connection.replaceSecret('tokens', async () => '1'), '1');
      assert.equal(await stored(), '1');
    });

    it('a value is claimed again after the end of an instance, whose late result changes nothing', async () => {
      const ended = await claim();
      assert.ok(ended);
      assert.equal(await claim(), null);
      await server.services.db
        .updateTable('org_secrets')
        .set({ leased_until: '2026-01-01T00:00:00Z' })
        .where('owner_id', '=', owner.id)
        .execute();
      const connection = await connect();
      assert.equal(await connection.replaceSecret('tokens', async () => '1'), '1');
      await storeClaimedSecret(server.services.db, server.services.secret, owner, 'tokens', ended, 'late');
      assert.equal(await stored(), '1');
    });

    it('a replacement does not overwrite the value of a new connection', async () => {
      const connection = await connect();
      await connection.replaceSecret('tokens', async () => {
        await save('new');
        return 'former';
      });
      assert.equal(await stored(), 'new');
      assert.ok(await claim(), 'the claim did not end');
    });

    it('a replacement does not bring back the value of a removed integration', async () => {
      const connection = await connect();
      const remove = () => server.services.db.deleteFrom('org_secrets').where('owner_id', '=', owner.id).execute();
      await connection.replaceSecret('tokens', async () => {
        await remove();
        return 'late';
      });
      assert.equal(await stored(), undefined);
      await assert.rejects(
        connection.replaceSecret('tokens', async () => '1'),
        { name: 'DirectoryError', failure: 'disconnected' },
      );
    });
  });
}
