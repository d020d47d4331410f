import assert from 'node:assert/strict';
import { type DeleteQueryBuilder, type DeleteResult, sql } from 'kysely';
import type { Schema } from '../../server/src/database/schema.ts';
import { configureProvider, providerPath, samlConfig } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { startServer, type TestResponse, type TestServer } from '../support/server.ts';

const slackApp = { SLACK_CLIENT_ID: 'id', SLACK_CLIENT_SECRET: 'secret', SLACK_SIGNING_SECRET: 'signing-secret' };

describe('a session or an identity provider that ends while a login begins', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer(slackApp);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    await configureProvider(server, org, { key: 'saml2', config: samlConfig, isActive: false });
  });

  type Removal = (db: TestServer['services']['db']) => DeleteQueryBuilder<Schema, keyof Schema, DeleteResult>;
  const session: Removal = (db) => db.deleteFrom('sessions').where('user_id', '=', org.owner.userId);
  const provider: Removal = (db) => db.deleteFrom('auth_providers').where('organization_id', '=', org.id);

  /** Sends the request after the removal, and commits the removal when the request waits for it. */
  async function postWhile(removal: Removal, path: string): Promise<TestResponse> {
    let posted: Promise<TestResponse> | undefined;
    await server.services.db.transaction().execute(async (tx) => {
      await removal(tx).execute();
      posted = server.request('POST', path, { cookie: org.cookie });
      await eventually(async () => assert.ok((await waitingStatements()) > 0, 'nothing waits for the removal'));
    });
    return posted!;
  }

  async function waitingStatements(): Promise<number> {
    const { rows } = await sql<{ waiting: string }>`
      SELECT count(*) AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%for key share%'`.execute(server.services.lookups);
    return Number(rows[0]!.waiting);
  }

  it('[H-49] makes a connection to Slack 401, and not 500, if the session ends', async () => {
    const { status, body } = await postWhile(session, `/api/0/organizations/${org.slug}/integrations/slack/install/`);
    assert.deepEqual([status, body], [401, { detail: 'Authentication credentials were not provided.' }]);
  });

  it('[H-49] makes a test of the identity provider 401 if the session ends', async () => {
    const { status, body } = await postWhile(session, `${providerPath(org)}test/`);
    assert.deepEqual([status, body], [401, { detail: 'Authentication credentials were not provided.' }]);
  });

  it('[H-49] makes a test of the identity provider 404 if the provider is removed', async () => {
    const { status, body } = await postWhile(provider, `${providerPath(org)}test/`);
    assert.deepEqual([status, body], [404, { detail: 'The requested resource does not exist' }]);
  });
});
