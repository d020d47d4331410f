import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { addOidcProvider } from '../support/single-sign-on.ts';
import { skipBecause } from '../support/skip.ts';

/** A server that responds to every request. */
async function respondWith(status: number, headers: Record<string, string>, body = ''): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => void response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('an identity provider that redirects to another host', function () {
  this.timeout(60_000);
  const servers: Server[] = [];
  let idp: ForgingIdp;
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    idp = await ForgingIdp.start();
    const last = await respondWith(200, { 'Content-Type': 'text/html' }, '<h1>Log in at the federated provider</h1>');
    const second = await respondWith(302, { Location: `${last.url}/login` });
    const first = await respondWith(302, { Location: `${second.url}/federate` });
    servers.push(last.server, second.server, first.server);
    idp.describe = (metadata) => ({ ...metadata, authorization_endpoint: `${first.url}/authorize` });
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
    org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer() });
  });
  after(async () => {
    await server?.stop();
    await idp?.stop();
    for (const one of servers) one.close();
  });

  it('[13.7] opens after the form of the login page, whose policy browsers apply to each redirect', async () => {
    await using visitor = await visit(server.url, `/auth/login/${org.slug}/`, { isFirst: true });
    await visitor.page.getByRole('button', { name: 'Continue with Test IdP' }).click();
    await visitor.page.getByRole('heading', { name: 'Log in at the federated provider' }).waitFor({ timeout: 10_000 });
  });
});
