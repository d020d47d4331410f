import assert from 'node:assert/strict';
import { routes } from '../../server/src/http/routes.ts';
import { anOrganizationOf, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { addAuthProvider, bindSession, linkIdentity } from '../support/security-records.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { anOwnerAccount, aWholeOrganization, nameOf, type OwnerAccount, type WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf } from './writing-routes.ts';

/**
 * The routes without an organization in their path that a session may call although it began with
 * single sign-on, each with the reason. The owner of an organization controls its provider, so such
 * a session must reach neither the account nor another organization.
 */
const callable: Readonly<Record<string, string>> = {
  'GET /': 'shows the user, with the primary address only',
  'GET /auth/': 'shows the user, with the primary address only',
  'GET /users/me/': 'shows the user, with the primary address only',
  'GET /users/me/regions/': 'shows the URL of the server',
  'GET /internal/health/': 'shows that the credential is valid',
  'GET /organizations/': 'lists the organizations of the bindings',
  'GET /projects/': 'lists the projects of these organizations',
  'GET /api-tokens/': 'lists the tokens that are bound to these organizations',
  'POST /api-tokens/': 'creates a token that is bound to one of these organizations',
  'DELETE /api-tokens/': 'revokes one of these tokens',
  'POST /auth/login/': 'opens another session, with a password',
  'POST /auth/passkey/': 'asks for a signature by any passkey',
  'POST /auth/passkey/login/': 'opens another session, with a passkey',
  'POST /auth/register/': 'creates another account',
  'POST /auth/logout/': 'ends this session',
  'POST /auth/password-reset/': 'mails a link to an address of the account',
  'POST /auth/password-reset/confirm/': 'needs the link in the mail',
  'POST /auth/emails/remove/': 'needs the link in a mail',
  'POST /accept-invite/details/': 'needs the link in a mail, and shows the invitation',
  'GET /accept-invite/:member/:token/': 'needs the link in a mail, and shows the invitation',
  'GET /accept-invite/:organization/:member/:token/': 'needs the link in a mail, and shows the invitation',
};

const nameOfRoute = ({ method, path }: { readonly method: string; readonly path: string }) => `${method} ${path}`;
const namesOrganization = (path: string) => parametersOf(path).includes('org');

describe('[S-41] a session that began with single sign-on', function () {
  this.timeout(120_000);
  let server: TestServer;
  let owner: OwnerAccount;
  let other: WholeOrganization;
  let own: ProvisionedOrg;
  const secondAddress = `second-${nextNumber()}@example.net`;

  before(async () => {
    server = await startServer();
    owner = await anOwnerAccount(server);
    other = await aWholeOrganization(server, owner);
    // Both organizations have the same owner, who has logged in at the provider of one of them.
    own = await anOrganizationOf(server, owner);
    await addAuthProvider(server, own.id);
    await bindSession(server, owner.cookie, await linkIdentity(server, own.id, owner), { isSsoSession: true });
    await server.services.db.insertInto('user_emails').values({ user_id: owner.userId, email: secondAddress, is_verified: true }).execute();
  });
  after(() => server?.stop());

  const call = (method: string, path: string) => server.request(method, path, { cookie: owner.cookie });
  const nameIn = (path: string) =>
    fillIn(path, Object.fromEntries(parametersOf(path).map((name) => [name, namesOf(other, path, name)[0]!])));

  it('[S-41] calls only these routes without an organization', () => {
    const found = routes.filter(({ path, needsFullLogin }) => !namesOrganization(path) && !needsFullLogin).map(nameOfRoute);
    assert.deepEqual(found.sort(), Object.keys(callable).sort());
  });

  it('[S-41] gets a refusal from all others, and from every route of another organization', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const { method, path, needsFullLogin } = route;
      if (!namesOrganization(path) && !needsFullLogin) continue;
      const { status, body } = await call(method, nameIn(path));
      const isRefused = namesOrganization(path)
        ? status === 401 && body.detail === 'Unauthorized organization access.'
        : status === 403 && body.detail?.code === 'full-login-required';
      if (!isRefused) wrong.push(`${nameOfRoute(route)}: ${status} ${JSON.stringify(body)}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('[S-41] sees nothing of another organization, and no other address of the account', async () => {
    assert.equal((await call('GET', `/api/0/organizations/${own.slug}/`)).status, 200);
    for (const name of Object.keys(callable).filter((one) => one.startsWith('GET ') && !one.includes('accept-invite'))) {
      const { status, body } = await call('GET', `/api/0${name.slice('GET '.length)}`);
      assert.equal(status, 200, name);
      const text = JSON.stringify(body);
      for (const hidden of [other.slug, nameOf(other.slug), other.project.slug, secondAddress]) {
        assert.ok(!text.includes(hidden), `${name} shows ${hidden}`);
      }
    }
  });
});
