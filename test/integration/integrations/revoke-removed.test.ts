import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Db } from '../../../server/src/database/database.ts';
import { DuePolls } from '../../../server/src/database/due-polls.ts';
import { saveOrgSecret } from '../../../server/src/database/organizations/org-secrets.ts';
import { removeLeftovers } from '../../../server/src/database/organizations/removals.ts';
import { removeIntegration } from '../../../server/src/features/integrations/commands/remove-integration.ts';
import { claimRevocations, saveRevocation } from '../../../server/src/features/integrations/database/provider-revocations.ts';
import { saveConnectionSecret } from '../../../server/src/features/integrations/directories/stored-connection.ts';
import { startRevocations } from '../../../server/src/features/integrations/outlets/revoke-removed.ts';
import { partsOf } from '../../../server/src/features/integrations/providers/providers.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { finishRemoval } from '../../../server/src/write-path/commands/organizations/finish-removal.ts';
import { runSystemCommand } from '../../../server/src/write-path/run-system-command.ts';
import { connectGitHub } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { withClient } from '../../support/postgres.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';

/** For a sweep of its own, whose polls don't share a query. */
const idleParts = (db: Db) => {
  const log = createLog('silent');
  return { log, duePolls: new DuePolls(db, log) };
};

describe('a removed integration', () => {
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServerWith(github, githubSettings(github.url));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${nextNumber()}`);
  });

  const connect = (on = server, orgId = org.id) => connectGitHub(on, orgId, acme);
  /** The next DELETE of the installation fails. A reading sends GET to the same path. */
  const failNext = (status: number) => github.next.push({ path: new RegExp(`^DELETE .*/${acme.installationId}$`), status });
  const secretsOf = (id: string, { services: { db } } = server) =>
    db.selectFrom('org_secrets').select('name').where('owner_kind', '=', 'integration').where('owner_id', '=', id).execute();
  const revocationOf = (id: string, { services: { db } } = server) =>
    db
      .selectFrom('provider_revocations')
      .select('attempts')
      .where('integration_id', '=', id)
      .where('is_ended', '=', false)
      .executeTakeFirst();
  const makeDue = (attempts?: number) =>
    server.services.db
      .updateTable('provider_revocations')
      .set({ next_attempt_at: sql<string>`clock_timestamp()`, ...(attempts !== undefined && { attempts }) })
      .execute();
  const isForgotten = async (id: string, on = server) => {
    assert.equal(await revocationOf(id, on), undefined);
    assert.deepEqual(await secretsOf(id, on), []);
  };
  const untilForgotten = (id: string, on = server) => eventually(() => isForgotten(id, on), { timeoutMs: 20_000 });
  /** Starts a second sweep, whose first run is now, and waits for its result. */
  async function sweepUntil(assertion: () => void | Promise<void>): Promise<void> {
    const { db, secret, providers } = server.services;
    const revokes = partsOf(providers, 'revoke');
    await using _sweep = startRevocations({ db, key: secret, ...idleParts(db), revokes });
    await eventually(assertion, { timeoutMs: 20_000 });
  }
  const remove = async (id: string) => {
    const { status } = await server.request('DELETE', `/api/0/organizations/${org.slug}/integrations/${id}/`, { cookie: org.cookie });
    assert.equal(status, 204);
  };

  it('[13.12] ends its connection at the provider, and its secrets are removed afterwards', async () => {
    const id = await connect();
    assert.deepEqual(await secretsOf(id), [{ name: 'installation' }]);
    await remove(id);
    await untilForgotten(id);
    assert.equal(acme.isInstalled, false);
  });

  it('[13.12] disappears here while the provider is down, and its connection ends later', async () => {
    const id = await connect();
    failNext(502);
    await remove(id);
    await sweepUntil(async () => {
      assert.deepEqual(await revocationOf(id), { attempts: 1 });
      assert.equal(github.next.length, 0);
    });
    assert.equal(acme.isInstalled, true);
    assert.deepEqual(await secretsOf(id), [{ name: 'installation' }]);
    await makeDue();
    await sweepUntil(() => isForgotten(id));
    assert.equal(acme.isInstalled, false);
  });

  it('[13.12] leaves no secrets if the provider has no such connection, or after the last attempt', async () => {
    const gone = await connect();
    acme.isInstalled = false;
    await remove(gone);
    await sweepUntil(() => isForgotten(gone));

    acme.isInstalled = true;
    const failing = await connect();
    failNext(500);
    await remove(failing);
    await sweepUntil(() => assert.equal(github.next.length, 0));
    failNext(500);
    await makeDue(12);
    await sweepUntil(() => isForgotten(failing));
    assert.equal(acme.isInstalled, true);
  });

  it('[13.12] stores no secret that arrives after its secrets were removed', async () => {
    const id = await connect();
    await remove(id);
    await untilForgotten(id);
    const { db, secret: key } = server.services;
    await saveConnectionSecret({ db, key }, { orgId: org.id, integrationId: id }, 'hook', 'late');
    assert.deepEqual(await secretsOf(id), []);
  });

  it('[13.12] keeps a connection that was made again', async () => {
    const id = await connect();
    failNext(502);
    await remove(id);
    await sweepUntil(() => assert.equal(github.next.length, 0));
    const again = await connect();
    await makeDue();
    await sweepUntil(() => isForgotten(id));
    assert.equal(acme.isInstalled, true);
    assert.deepEqual(await secretsOf(again), [{ name: 'installation' }]);
  });

  it('[13.12] [5.7] ends its connection if its organization is removed, also after the organization’s rows are deleted', async () => {
    const id = await connect();
    github.next.push({ path: new RegExp(`/${acme.installationId}$`), status: 502 });
    const { db, writePath } = server.services;
    await db.updateTable('organizations').set({ status: 'deletion_in_progress' }).where('id', '=', org.id).execute();
    await runSystemCommand(writePath, finishRemoval, { orgId: org.id, input: {}, requestId: null });
    while (await db.transaction().execute(removeLeftovers));
    await eventually(() => assert.equal(github.next.length, 0), { timeoutMs: 20_000 });
    assert.deepEqual(await secretsOf(id), [{ name: 'installation' }]);
    assert.equal(acme.isInstalled, true);
    await makeDue();
    await untilForgotten(id);
    assert.equal(acme.isInstalled, false);
  });

  it('[13.12] ends its connection after the instance that removed it has stopped', async () => {
    const database = await aMigratedDatabase();
    const environment = { DATABASE_URL: database.url, SECRET: 'the same secret of both instances' };
    const first = await startServer(environment);
    const { id: orgId } = await anOrgWithOwner(first);
    const id = await connect(first, orgId);
    // The rows that an instance leaves if it stops between the commit and the call.
    await sql`ALTER TABLE provider_revocations ALTER next_attempt_at SET DEFAULT 'infinity'`.execute(first.services.db);
    await runSystemCommand(first.services.writePath, removeIntegration, { orgId, input: { integrationId: id }, requestId: null });
    await first.stop();
    await withClient(database.url, (client) => client.query('UPDATE provider_revocations SET next_attempt_at = clock_timestamp()'));
    const second = await startServer({ ...environment, ...githubSettings(github.url) });
    await untilForgotten(id, second);
    await second.stop();
    await database.drop();
    assert.equal(acme.isInstalled, false);
  });

  it('[13.12] ends its connection before further ones of an organization that has many', async () => {
    const database = await aMigratedDatabase();
    const { db, close } = openPostgres(database.url, createLog('silent'));
    await db.transaction().execute(async (tx) => {
      for (let id = 1; id <= 25; id++) {
        await saveRevocation(tx, { orgId: '1', integrationId: String(id), provider: 'github', externalId: String(id) });
      }
      await saveRevocation(tx, { orgId: '2', integrationId: '26', provider: 'github', externalId: '26' });
    });
    await sql`UPDATE provider_revocations SET next_attempt_at = clock_timestamp() - make_interval(mins => 60 - integration_id::int)`.execute(
      db,
    );
    const idsOf = (claimed: Awaited<ReturnType<typeof claimRevocations>>) =>
      claimed.map(({ integrationId }) => Number(integrationId)).sort((a, b) => a - b);
    assert.deepEqual(idsOf(await claimRevocations(db, 20)), [...Array.from({ length: 19 }, (_, index) => index + 1), 26]);
    assert.deepEqual(idsOf(await claimRevocations(db, 20)), [20, 21, 22, 23, 24, 25]);
    assert.deepEqual(await claimRevocations(db, 20), []);
    await close();
    await database.drop();
  });

  it('[13.12] keeps its secrets if the instance stops during the last attempt', async () => {
    const database = await aMigratedDatabase();
    const log = createLog('silent');
    const { db, close } = openPostgres(database.url, log);
    const [orgId, integrationId] = ['1', '2'];
    const key = new KeyRing('a secret');
    await db.transaction().execute(async (tx) => {
      await saveOrgSecret(tx, key, { orgId, kind: 'integration', id: integrationId }, 'installation', '3');
      await saveRevocation(tx, { orgId, integrationId, provider: 'github', externalId: '4' });
    });
    await db.updateTable('provider_revocations').set({ attempts: 12 }).execute();
    await new Promise<void>((resolve) => {
      const github = () => {
        resolve(sweep[Symbol.asyncDispose]());
        return new Promise<never>(() => {});
      };
      const sweep = startRevocations({ db, key, ...idleParts(db), revokes: { github } });
    });
    const left = await db
      .selectFrom('org_secrets')
      .innerJoin('provider_revocations', 'integration_id', 'owner_id')
      .select('name')
      .execute();
    assert.deepEqual(left, [{ name: 'installation' }]);
    await close();
    await database.drop();
  });
});
