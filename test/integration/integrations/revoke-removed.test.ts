import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { addIntegration } from '../../../server/src/write-path/commands/integrations/add-integration.ts';
import { removeIntegration } from '../../../server/src/write-path/commands/integrations/remove-integration.ts';
import { runCommand } from '../../../server/src/write-path/run-command.ts';
import { runSystemCommand } from '../../../server/src/write-path/run-system-command.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { sharedPostgres } from '../../support/postgres.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('a removed integration', function () {
  this.timeout(60_000);
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServer(githubSettings(github.url));
  });
  after(async () => {
    await server?.stop();
    await github?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${nextNumber()}`);
  });

  async function connect(on = server, orgId = org.id): Promise<string> {
    let id = '';
    await runCommand(on.services.writePath, addIntegration, {
      orgId,
      actor: { kind: 'system' },
      input: {
        provider: 'github',
        name: acme.login,
        domainName: `github.com/${acme.login}`,
        externalId: String(acme.id),
        config: {},
        secrets: { key: on.services.secret, byName: { installation: String(acme.installationId) } },
      },
      requestId: null,
      respond: async (_tx, integration) => {
        id = integration.id;
        return { status: 204 };
      },
    });
    return id;
  }

  const secretsOf = (id: string, { services: { db } } = server) =>
    db.selectFrom('org_secrets').select('name').where('owner_kind', '=', 'integration').where('owner_id', '=', id).execute();
  const revocationOf = (id: string, { services: { db } } = server) =>
    db.selectFrom('provider_revocations').select('attempts').where('integration_id', '=', id).executeTakeFirst();
  const makeDue = (attempts?: number) =>
    server.services.db
      .updateTable('provider_revocations')
      .set({ next_attempt_at: sql<string>`clock_timestamp()`, ...(attempts !== undefined && { attempts }) })
      .execute();
  const untilForgotten = (id: string, on = server) =>
    eventually(
      async () => {
        assert.equal(await revocationOf(id, on), undefined);
        assert.deepEqual(await secretsOf(id, on), []);
      },
      { timeoutMs: 20_000 },
    );
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
    github.next.push({ path: new RegExp(`/${acme.installationId}$`), status: 502 });
    await remove(id);
    await eventually(async () => assert.deepEqual(await revocationOf(id), { attempts: 1 }), { timeoutMs: 20_000 });
    await eventually(() => assert.equal(github.next.length, 0));
    assert.equal(acme.isInstalled, true);
    assert.deepEqual(await secretsOf(id), [{ name: 'installation' }]);
    await makeDue();
    await untilForgotten(id);
    assert.equal(acme.isInstalled, false);
  });

  it('[13.12] leaves no secrets if the provider has no such connection, or after the last attempt', async () => {
    const gone = await connect();
    acme.isInstalled = false;
    await remove(gone);
    await untilForgotten(gone);

    acme.isInstalled = true;
    const failing = await connect();
    github.next.push({ path: new RegExp(`/${acme.installationId}$`), status: 500 });
    await remove(failing);
    await eventually(() => assert.equal(github.next.length, 0), { timeoutMs: 20_000 });
    github.next.push({ path: new RegExp(`/${acme.installationId}$`), status: 500 });
    await makeDue(12);
    await untilForgotten(failing);
    assert.equal(acme.isInstalled, true);
  });

  it('[13.12] keeps a connection that was made again', async () => {
    const id = await connect();
    github.next.push({ path: new RegExp(`/${acme.installationId}$`), status: 502 });
    await remove(id);
    await eventually(() => assert.equal(github.next.length, 0), { timeoutMs: 20_000 });
    const again = await connect();
    await makeDue();
    await untilForgotten(id);
    assert.equal(acme.isInstalled, true);
    assert.deepEqual(await secretsOf(again), [{ name: 'installation' }]);
  });

  it('[13.12] ends its connection after the instance that removed it has stopped', async () => {
    const database = await (await sharedPostgres()).createDatabase();
    const environment = { DATABASE_URL: database.url, SECRET: 'the same secret of both instances' };
    const first = await startServer(environment);
    const { id: orgId } = await anOrgWithOwner(first);
    const id = await connect(first, orgId);
    // The rows that an instance leaves if it stops between the commit and the call.
    await sql`ALTER TABLE provider_revocations ALTER next_attempt_at SET DEFAULT clock_timestamp() + interval '10 seconds'`.execute(
      first.services.db,
    );
    await runSystemCommand(first.services.writePath, removeIntegration, { orgId, input: { integrationId: id }, requestId: null });
    await first.stop();
    const second = await startServer({ ...environment, ...githubSettings(github.url) });
    await untilForgotten(id, second);
    await second.stop();
    await database.drop();
    assert.equal(acme.isInstalled, false);
  });
});
