import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { configureProvider, putProvider } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { TestIssuer } from '../support/issuer.ts';
import { appRoleSql } from '../support/least-rights.ts';
import { anOrgWithOwner } from '../support/logged-in.ts';
import { aMigratedDatabase } from '../support/migrated-database.ts';
import { type Postgres, startPostgres, type TestDatabase, withClient } from '../support/postgres.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { type Load, RollingInstances } from '../support/rolling-instances.ts';
import { makeSamlIdp, makeSamlResponse, type SamlIdp, validParts } from '../support/saml/saml-idp.ts';
import { beginSaml, finishSaml } from '../support/saml/saml-login.ts';
import { apiOf, startServer, type TestServer } from '../support/server.ts';

const newSecret = () => randomBytes(24).toString('hex');
const responsesMin = 20;

/** The rotation of SECRET is in secret-rotation.test.ts. */
describe('a rotation in a rolling restart under load', function () {
  this.timeout(180_000);
  let shared: Record<string, string>;
  let database: TestDatabase;
  let org: ProvisionedOrg;
  let rolling: RollingInstances | undefined;

  beforeEach(async () => {
    database = await aMigratedDatabase();
    const redisUrl = (await sharedRedis()).url;
    shared = { DATABASE_URL: database.url, REDIS_URL: redisUrl, SECRET: newSecret(), OPERATOR_TOKEN: newSecret() };
  });
  afterEach(async () => {
    await rolling?.stop();
    rolling = undefined;
    await database.drop();
  });

  /** Two instances, with an organization. */
  async function startTwo(environment = shared): Promise<TestServer[]> {
    const servers = [await startServer(environment), await startServer(environment)];
    org = await anOrganizationOf(servers[0]!, await aPerson(servers[0]!));
    return servers;
  }
  async function load(servers: TestServer[], also: Pick<Load, 'alsoRequest'> = {}): Promise<RollingInstances> {
    rolling = await RollingInstances.start(servers, { org: org.slug, token: org.owner.token, ...also });
    return rolling;
  }
  /** Until each writer has sent requests that began after this call. */
  async function underLoad(busy: RollingInstances): Promise<void> {
    const until = busy.written + responsesMin;
    await eventually(() => assert.ok(busy.written >= until, `${busy.written} of ${until} writes`), { timeoutMs: 30_000 });
  }

  it('fails no request for OPERATOR_TOKEN, whose clients have tokens with names, and for such a token', async () => {
    const servers = await startTwo();
    const mint = async (name: string, by: string) => {
      const made = await apiOf(servers[0]!.url, by).operate('POST', '/operator-tokens/', { name, scopes: ['operator:admin'] });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      return made.body as { readonly id: string; readonly token: string };
    };
    const former = shared.OPERATOR_TOKEN!;
    const first = await mint('mirror', former);
    let { token } = first;
    const busy = await load(servers, { alsoRequest: ({ url }) => apiOf(url, token).operate('GET', '/organizations/') });

    const replaced = { ...shared, OPERATOR_TOKEN: newSecret() };
    await busy.restart(replaced);
    const statusWith = async (given: string) =>
      Promise.all(busy.servers.map(async ({ url }) => (await apiOf(url, given).operate('GET', '/organizations/')).status));
    assert.deepEqual(await statusWith(former), [401, 401]);
    assert.deepEqual(await statusWith(replaced.OPERATOR_TOKEN), [200, 200]);

    servers[0] = busy.servers[0]!;
    ({ token } = await mint('mirror-2', token));
    await underLoad(busy);
    assert.equal((await apiOf(busy.servers[1]!.url, token).operate('DELETE', `/operator-tokens/${first.id}/`)).status, 204);
    assert.deepEqual(await statusWith(first.token), [401, 401]);
    await underLoad(busy);
    await busy.finish();
  });

  it('fails no request for the password of the database, by a second role', async () => {
    const postgres: Postgres = await startPostgres({ own: true });
    try {
      const own = await aMigratedDatabase(postgres);
      await withClient(own.url, async (owner) => {
        await owner.query(appRoleSql);
        // The roles of the tests need no password, and those of the instances do.
        const { rows } = await owner.query(`SELECT pg_read_file(current_setting('hba_file')) AS text, current_setting('hba_file') AS file`);
        const line = 'host all rollcall_blue,rollcall_green 127.0.0.1/32 scram-sha-256';
        const lines = [line, ...rows[0].text.split('\n').filter((one: string) => /^(local|host)/.test(one))];
        const values = lines.map((one) => `('${one.replaceAll('\t', ' ')}')`).join(', ');
        await owner.query(`COPY (SELECT column1 FROM (VALUES ${values}) AS lines) TO '${rows[0].file}'`);
        await owner.query('SELECT pg_reload_conf()');
      });
      const addRole = async (name: string) => {
        const password = newSecret();
        await withClient(own.url, (owner) => owner.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE rollcall_app`));
        return own.url.replace(/\/\/[^@/]*@/, `//${name}:${password}@`);
      };
      const blue = await addRole('rollcall_blue');
      const wrong = new pg.Client({ connectionString: blue.replace(/:[0-9a-f]+@/, ':wrong@') });
      await eventually(() => assert.rejects(() => wrong.connect(), /password authentication failed/));

      const environment = { ...shared, DATABASE_URL: blue };
      const busy = await load(await startTwo(environment));
      const green = await addRole('rollcall_green');
      await busy.restart({ ...environment, DATABASE_URL: green });
      await withClient(own.url, async (owner) => {
        const { rows } = await owner.query(`SELECT usename FROM pg_stat_activity WHERE usename = 'rollcall_blue'`);
        assert.deepEqual(rows, []);
        await owner.query('DROP ROLE rollcall_blue');
      });
      await underLoad(busy);
      await busy.finish();
      await busy.stop();
      rolling = undefined;
    } finally {
      await rolling?.stop();
      rolling = undefined;
      await postgres.stop();
    }
  });

  it('fails no request for the keys of another issuer, which publishes the next one before it signs', async () => {
    const issuer = await TestIssuer.start();
    try {
      const environment = { ...shared, ...issuer.environment, JWT_USER: 'external:sub' };
      const servers = await startTwo(environment);
      const sub = `issuer|${nextNumber()}`;
      assert.equal((await servers[0]!.operate('PUT', `/users/${org.owner.userId}/`, { externalId: sub })).status, 200);
      const formerToken = await issuer.sign({ sub });
      const busy = await load(servers, {
        alsoRequest: async (server) => server.request('GET', '/api/0/users/me/', { token: await issuer.sign({ sub }) }),
      });
      await issuer.publishNext();
      await busy.restart(environment);
      issuer.signWithNext();
      await underLoad(busy);
      issuer.withdrawFormer();
      await busy.restart(environment);
      await underLoad(busy);
      for (const server of busy.servers)
        assert.equal((await server.request('GET', '/api/0/users/me/', { token: formerToken })).status, 401, 'the former key is withdrawn');
      await busy.finish();
    } finally {
      await rolling?.stop();
      rolling = undefined;
      await issuer.stop();
    }
  });

  it('fails no login for the certificate of a SAML provider, which has both in between', async () => {
    const servers = [await startServer(shared), await startServer(shared)];
    const sso = await anOrgWithOwner(servers[0]!);
    const scopes = ['org:admin', 'team:admin'];
    const { token } = (await servers[0]!.operate('POST', `/users/${sso.owner.userId}/tokens/`, { scopes })).body;
    const former = await makeSamlIdp();
    // The same provider, with another key.
    const latter: SamlIdp = { ...(await makeSamlIdp()), entityId: former.entityId };
    const configOf = (...idps: readonly SamlIdp[]) => ({
      ...{ entity_id: former.entityId, sso_url: 'https://idp.example/sso', x509certs: idps.map(({ certificate }) => certificate) },
    });
    await configureProvider(servers[0]!, sso, { key: 'saml2', config: configOf(former) });
    const busy = await RollingInstances.start(servers, { org: sso.slug, token });
    rolling = busy;

    /** Whether each instance accepts a response that this provider has signed. */
    const accept = async (idp: SamlIdp) => {
      const texts: string[] = [];
      for (const server of busy.servers) {
        const begun = await beginSaml(server.url, sso);
        const parts = { ...validParts(idp, begun.request), assertionId: `_a${nextNumber()}` };
        texts.push((await finishSaml(begun, await makeSamlResponse(parts))).text);
      }
      return texts.map((text) => /isn’t linked to an account/.test(text));
    };
    assert.deepEqual(
      [await accept(former), await accept(latter)],
      [
        [true, true],
        [false, false],
      ],
    );
    await putProvider(busy.servers[0]!, sso, { config: configOf(former, latter) });
    await busy.restart(shared);
    assert.deepEqual(
      [await accept(former), await accept(latter)],
      [
        [true, true],
        [true, true],
      ],
    );
    await putProvider(busy.servers[1]!, sso, { config: configOf(latter) });
    assert.deepEqual(
      [await accept(former), await accept(latter)],
      [
        [false, false],
        [true, true],
      ],
    );
    await busy.finish();
  });
});
