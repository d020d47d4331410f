import assert from 'node:assert/strict';
import { connect } from '@rollcall/client';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The time after which a token or a session counts as used again. */
const unusedSeconds = 61;

describe('a database that is read-only', function () {
  this.timeout(120_000);
  let server: TestServer;
  let admin: pg.Client;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;
  let loggedIn: OrgWithOwner;
  let orgToken: string;
  let serviceToken: string;

  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
    admin = new pg.Client(server.config.databaseUrl!);
    admin.on('error', () => {});
    await admin.connect();
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
    loggedIn = await anOrgWithOwner(server);
    const inOrg = `/api/0/organizations/${org.slug}`;
    const made = async (path: string, body: object) => {
      const answer = await server.request('POST', path, { token: owner.token, body });
      assert.ok(answer.status < 300, JSON.stringify(answer.body));
      return answer.body;
    };
    await made(`${inOrg}/teams/`, { slug: 'web' });
    await made(`/api/0/teams/${org.slug}/web/projects/`, { name: 'Shop', slug: 'shop' });
    orgToken = (await made(`/api/0/organizations/${org.slug}/org-auth-tokens/`, { name: 'ci' })).token;
    serviceToken = (
      await server.operate('POST', '/service-tokens/', { name: `mirror ${nextNumber()}`, scopes: ['org:read', 'member:read'] })
    ).body.token;
    await admin.query(`UPDATE auth_tokens SET date_last_used = clock_timestamp() - interval '${unusedSeconds} s'`);
    await admin.query(`UPDATE sessions SET date_last_used = clock_timestamp() - interval '${unusedSeconds} s'`);
    await switchTo('SET default_transaction_read_only = on');
    await eventually(async () => {
      const { status } = await server.request('POST', `${inOrg}/teams/`, { token: member.token, body: { slug: `late-${nextNumber()}` } });
      assert.ok(status === 503 || status === 403, String(status));
      const { rows } = await admin.query(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'",
      );
      assert.equal(rows[0].count, 0);
      // The pool has no connection left that was ended above.
      assert.equal(await statusOf(`${inOrg}/`, { Authorization: `Bearer ${member.token}` }), '200');
    });
  });
  after(async () => {
    if (admin) await switchTo('RESET default_transaction_read_only');
    await admin?.end();
    await server?.stop();
  });

  async function switchTo(setting: string): Promise<void> {
    const name = new URL(server.config.databaseUrl!).pathname.slice(1);
    await admin.query(`SET default_transaction_read_only = off; ALTER DATABASE ${name} ${setting}`);
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  }

  /** The status of a GET, without waiting for the end of a stream. */
  async function statusOf(path: string, headers: Readonly<Record<string, string>>): Promise<string> {
    const answer = await fetch(`${server.url}${path}`, { headers, redirect: 'manual' });
    const text = answer.status >= 500 ? await answer.text() : '';
    await answer.body?.cancel().catch(() => {});
    return answer.status >= 500 ? `${answer.status} ${text}` : String(answer.status);
  }

  it('[H-92] lets every kind of credential read that was last used more than a minute ago', async () => {
    const path = `/api/0/organizations/${org.slug}/`;
    const credentials = { user: owner.token, organization: orgToken, service: serviceToken };
    for (let round = 0; round < 3; round++) {
      for (const [kind, token] of Object.entries(credentials)) {
        const status = await statusOf(path, { Authorization: `Bearer ${token}` });
        assert.ok(['200', '403'].includes(status), `${kind}: ${status}`);
      }
      assert.equal(await statusOf(`/api/0/organizations/${loggedIn.slug}/`, { Cookie: loggedIn.cookie }), '200');
    }
  });

  it('[H-92] lets sockets subscribe, and keeps the replica fresh', async () => {
    for (const token of [owner.token, serviceToken]) {
      const client = connect({ url: server.url, token });
      try {
        const handle = client.organization(org.slug);
        await handle.ready();
        await eventually(() => assert.equal(handle.status.fresh, true));
      } finally {
        client.close();
      }
    }
  });

  it('[H-92] causes no server error for any GET of the API', async () => {
    const described = (await (await fetch(`${server.url}/api/0/openapi.json`)).json()) as Described;
    const values: Readonly<Record<string, string>> = {
      org: org.slug,
      team: 'web',
      project: 'shop',
      member: String(owner.memberId),
      user: owner.userId,
    };
    const paths = Object.entries(described.paths)
      .filter(([, methods]) => 'get' in methods)
      .map(([path]) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '1'));
    assert.ok(paths.length > 80, `${paths.length} paths`);
    const failed: string[] = [];
    for (const path of paths) {
      const isOfOperator = path.startsWith('/api/operator/');
      const headers: Readonly<Record<string, string>>[] = isOfOperator
        ? [{ Authorization: `Bearer ${server.config.operatorToken}` }]
        : [{ Authorization: `Bearer ${owner.token}` }, { Cookie: loggedIn.cookie }, { Authorization: `Bearer ${serviceToken}` }, {}];
      for (const one of headers) {
        const status = await statusOf(path, one);
        if (status.startsWith('5')) failed.push(`${path} ${Object.keys(one).join()} ${status}`);
      }
    }
    assert.deepEqual(failed, []);
  });

  it('[H-92] leaves the instance ready, and shows the operator that writes fail', async () => {
    assert.equal(await statusOf('/readyz', {}), '200');
    await eventually(async () => {
      const { body } = await server.operate('GET', '/health/');
      assert.match(String(body.writes), /read-only/);
    });
  });
});
