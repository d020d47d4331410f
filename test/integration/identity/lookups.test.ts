import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { anAccount, logIn } from '../../support/log-in.ts';
import { aPerson } from '../../support/provision.ts';
import { type RequestOptions, startServerWith, type TestServer } from '../../support/server.ts';

/** The database connections for commands. */
const connections = 10;

describe('a request while all database connections for commands are in use', () => {
  let issuer: TestIssuer;
  let server: TestServer;

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, issuer.environment);
  });
  after(() => server?.stop());

  async function whileAllAreInUse(during: () => Promise<void>): Promise<void> {
    const { db, writePath } = server.services;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holding = Array.from({ length: connections }, () => db.connection().execute(() => released));
    try {
      await eventually(() => {
        const { total, idle, waiting } = writePath.database.pool();
        assert.deepEqual([total - idle, waiting], [connections, 0]);
      });
      await during();
    } finally {
      release();
      await Promise.all(holding);
    }
  }

  /** A path that is refused after authentication, before its handler reads anything. */
  const refused = (options: RequestOptions) => server.request('GET', '/api/0/organizations/unknown/', options);

  it('authenticates the cookie of a session', async () => {
    const cookie = await logIn(server, await anAccount(server));
    await whileAllAreInUse(async () => assert.equal((await refused({ cookie })).status, 404));
  });

  it('authenticates the token of a trusted issuer', async () => {
    const { email, userId } = await aPerson(server);
    const token = await issuer.sign({ sub: userId, email, email_verified: true });
    await whileAllAreInUse(async () => assert.equal((await refused({ token })).status, 404));
  });

  it('authenticates a token of this server', async () => {
    const { token } = await aPerson(server);
    await server.request('GET', '/api/0/users/me/', { token });
    await whileAllAreInUse(async () => assert.equal((await refused({ token })).status, 404));
  });
});
