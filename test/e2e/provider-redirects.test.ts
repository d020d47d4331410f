import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { ForeignServer } from '../support/foreign-server.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { addOidcProvider } from '../support/single-sign-on.ts';
import { skipBecause } from '../support/skip.ts';

const redirectTo = (location: string) =>
  ForeignServer.start((_request, response) => void response.writeHead(302, { Location: location }).end());

describe('an identity provider that redirects to another host', () => {
  const servers: ForeignServer[] = [];
  let idp: ForgingIdp;
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    idp = await ForgingIdp.start();
    const last = await ForeignServer.start((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Log in at the federated provider</h1>');
    });
    const second = await redirectTo(`${last.url}/login`);
    const first = await redirectTo(`${second.url}/federate`);
    servers.push(last, second, first);
    idp.describe = (metadata) => ({ ...metadata, authorization_endpoint: `${first.url}/authorize` });
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
    org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer() });
  });
  after(async () => {
    await server?.stop();
    await idp?.stop();
    for (const one of servers) await one.stop();
  });

  it('[13.7] opens after the form of the login page, whose policy browsers apply to each redirect', async () => {
    await using visitor = await visit(server.url, `/auth/login/${org.slug}/`, { isFirst: true });
    await visitor.page.getByRole('button', { name: 'Continue with Test IdP' }).click();
    await visitor.page.getByRole('heading', { name: 'Log in at the federated provider' }).waitFor({ timeout: 10_000 });
  });
});
