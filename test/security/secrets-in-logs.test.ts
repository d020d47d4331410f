import assert from 'node:assert/strict';
import pg from 'pg';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { routes } from '../../server/src/http/routes.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';

/** A value in the format of tokens: 32 bytes in hexadecimal digits. */
const canary = 'facade'.repeat(11).slice(0, 64);
/** Replaces an invite's token in a path, in any format. */
const guess = 'canary-guess';
const pagePaths = [
  '/login/',
  '/forgot-password/',
  '/reset-password/',
  '/verify-email/',
  '/organization-avatar/:token/',
  '/nothing/:token/',
];

describe('[H-19] the log at trace level', function () {
  this.timeout(120_000);
  let server: StartedProcess;
  let api: Api;
  let url: string;
  let owner: Person;
  let org: ProvisionedOrg;
  let database: { readonly url: string };

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    const operatorToken = 'operator-token-of-the-log-test-123456789';
    server = startProcess(['start'], {
      ...{ PORT: '0', DATA_DIR: makeTemporaryDirectory('logged'), DATABASE_URL: database.url, SECRET: 's'.repeat(40) },
      ...{ OPERATOR_TOKEN: operatorToken, LOG_LEVEL: 'trace', RATE_LIMIT_PER_ADDRESS: '100000' },
    });
    [, url] = (await server.waitForLine(/is ready on (http:\/\/[^\s"]+)/, 60_000)) as unknown as [string, string];
    api = apiOf(url, operatorToken);
    owner = await aPerson(api);
    org = await anOrganizationOf(api, owner);
  });
  after(() => server?.kill('SIGKILL'));

  /** Calls every route and page, with a secret in each place that can contain one. */
  async function callAll(): Promise<Set<number>> {
    const statuses = new Set<number>();
    const all = [
      ...routes.map(({ method, path }) => ({ method, path: `/api/0${path}` })),
      ...operatorRoutes.map(({ method, path }) => ({ method, path: `/api/operator${path}` })),
      ...pagePaths.map((path) => ({ method: 'GET', path })),
      { method: 'GET', path: '/accept/:member/:token/' },
    ];
    for (const { method, path } of all) {
      const fill = (token: string) =>
        path
          .replace(/:org(anization)?\b/, org.slug)
          .replace(/:token/, token)
          .replace(/:member/, '7')
          .replace(/:\w+/g, canary);
      const paths = [fill(canary), ...(path.includes('/accept') ? [fill(guess)] : [])];
      for (const filled of paths) {
        for (const authorization of [`Bearer ${owner.token}`, `Bearer sntryu_${canary}`, `Bearer ${api && canary}`]) {
          const { status } = await fetch(`${url}${filled}?token=${canary}&next=%2Fverify-email%2F%237.${canary}`, {
            method,
            redirect: 'manual',
            headers: {
              ...{
                Authorization: authorization,
                Cookie: `rollcall_session=${canary}; other=${canary}`,
                Referer: `${url}/?token=${canary}`,
              },
              ...{ 'Idempotency-Key': canary, 'If-Match': canary, 'X-Request-Token': canary },
              ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
            },
            ...(method === 'GET'
              ? {}
              : {
                  body: JSON.stringify({
                    name: canary,
                    token: canary,
                    id: '7',
                    password: canary,
                    email: `${canary.slice(0, 40)}@x.example`,
                  }),
                }),
          });
          statuses.add(status);
        }
      }
    }
    return statuses;
  }

  function assertNoSecret(): void {
    const output = server.stdout + server.stderr;
    const lines = output
      .split('\n')
      .filter((line) => line.includes(canary.slice(0, 40)) || line.includes(guess) || line.includes(owner.token));
    assert.deepEqual(lines.slice(0, 3), []);
  }

  it('[H-19] [V16.2.5] contains no secret of any route or page', async () => {
    const statuses = await callAll();
    assert.ok(statuses.has(200) && statuses.has(401) && statuses.has(404), [...statuses].join());
    assert.match(server.stdout, /"path":"\/api\/0\/accept-invite\/7\/\[removed\]\/"/);
    assertNoSecret();
  });

  it('[H-19] contains no secret of failed requests', async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    // If a table is missing, the response is 503, because a restore may be running.
    await client.query('ALTER TABLE members RENAME COLUMN email TO away; ALTER TABLE sessions RENAME COLUMN user_id TO away');
    try {
      const statuses = await callAll();
      assert.ok(statuses.has(500), [...statuses].join());
      assert.match(server.stdout, /a request failed/);
      assertNoSecret();
    } finally {
      await client.query('ALTER TABLE members RENAME COLUMN away TO email; ALTER TABLE sessions RENAME COLUMN away TO user_id');
      await client.end();
    }
  });

  it('[H-19] [V3.4.5] [V14.2.1] pages send no referrer and no token in a query string', async () => {
    for (const path of ['/login/', '/reset-password/', '/verify-email/', '/accept/', `/accept/7/${canary}/`]) {
      const response = await fetch(`${url}${path}`, { redirect: 'manual' });
      assert.equal(response.headers.get('referrer-policy'), 'no-referrer', path);
      assert.doesNotMatch(await response.text(), new RegExp(`\\?[^"]*${canary}`), path);
    }
    const script = await (await fetch(`${url}/pages/page.js`)).text();
    assert.doesNotMatch(script, /\?next=/);
  });
});
