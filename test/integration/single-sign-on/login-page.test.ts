import assert from 'node:assert/strict';
import { putDomain } from '../../support/domains.ts';
import { eventually } from '../../support/eventually.ts';
import { anAccount } from '../../support/log-in.ts';
import { formOf, locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { changeAuthProvider, changeRecords } from '../../support/security-records.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { addOidcProvider } from '../../support/single-sign-on.ts';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

function send(server: TestServer, email: string, query = ''): Promise<Page> {
  return new PageClient().request('POST', `${server.url}/login/${query}`, form, new URLSearchParams({ email }).toString());
}

function assertAsksPassword(page: Page): void {
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /data-api="\/api\/0\/auth\/login\/"/);
  assert.match(page.text, /<input name="password" type="password"/);
}

describe('the login page', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let domain: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    await server.services.db.deleteFrom('verified_domains').execute();
    org = await anOrganizationOf(server, await aPerson(server));
    domain = `company-${nextNumber()}.example`;
    await addOidcProvider(server, org.id, { issuer: 'https://idp.example.com' });
  });

  const get = (query = '') => new PageClient().get(`${server.url}/login/${query}`);
  const toProvider = () => `${server.url}/auth/login/${org.slug}/`;

  it('[13.6] sends the people of an owned domain to the provider of its organization', async () => {
    await putDomain(server, org.id, domain);
    const page = await eventuallyAsksEmail();
    const { fields, button, action } = formOf(page);
    assert.deepEqual([fields, button], [{ email: '' }, 'Continue']);
    assert.match(page.headers.get('content-security-policy')!, /form-action 'self'/);
    assert.equal(action, '/login/?next=%2Faccount%2F');
    assert.equal(locationOf(await send(server, `Amara@${domain.toUpperCase()}`)), toProvider());
    assert.equal(locationOf(await send(server, `amara@${domain}`, '?next=/account/')), `${toProvider()}?next=%2Faccount%2F`);
    assert.equal(locationOf(await send(server, `amara@${domain}`, '?next=https://evil.example/')), toProvider());
  });

  it('[13.6] [V1.1.2] [V6.2.6] asks for the password for every other address, and keeps the address and the next page', async () => {
    await putDomain(server, org.id, domain);
    for (const email of [
      `amara@sub.${domain}`,
      `amara@${domain}.example`,
      'amara@example.com',
      `${domain}`,
      '',
      'a b@c',
      `"x@${domain}"@other.example`,
    ]) {
      const page = await send(server, email, '?next=/account/');
      assertAsksPassword(page);
      assert.match(page.text, /data-next="\/account\/"/);
    }
    const page = await send(server, '"><script>@example.com');
    assert.match(page.text, /value="&quot;&gt;&lt;script&gt;@example.com"/);
    assert.doesNotMatch(page.text, /"><script>@/);
  });

  it('[13.6] responds in the same way for addresses with an account and without', async () => {
    await putDomain(server, org.id, domain);
    const { email } = await anAccount(server);
    const unknown = `unknown-${nextNumber()}@example.com`;
    const [known, other] = [await send(server, email), await send(server, unknown)];
    assert.equal(known.text.replaceAll(email, 'X'), other.text.replaceAll(unknown, 'X'));
    assert.equal(locationOf(await send(server, `someone@${domain}`)), toProvider());
  });

  it('[13.6] [S-58] does not lead to a provider by a domain that is only affiliated, pending, lapsed or of a draft', async () => {
    const other = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, other.id, { issuer: 'https://idp.example.com', record: { status: 'draft' } });
    for (const [index, fields] of ([{ role: 'affiliated' }, { status: 'pending' }, { status: 'lapsed' }] as const).entries()) {
      await putDomain(server, org.id, `${index}.${domain}`, fields);
      assertAsksPassword(await send(server, `amara@${index}.${domain}`));
    }
    await putDomain(server, other.id, `draft.${domain}`);
    assertAsksPassword(await send(server, `amara@draft.${domain}`));
    await changeRecords(server, other.id, (state) => changeAuthProvider(state, { status: 'active' }));
    assert.ok(locationOf(await send(server, `amara@draft.${domain}`)));
  });

  it('[13.6] asks for the password where no organization owns a domain, and on request', async () => {
    await eventually(async () => assertAsksPassword(await get()));
    await putDomain(server, org.id, domain);
    const page = await eventuallyAsksEmail();
    const [, path] = /href="([^"]*)">Log in with a password/.exec(page.text)!;
    assert.equal(path, '/login/?password&amp;next=%2Faccount%2F');
    const asked = await get('?password&next=/account/');
    assertAsksPassword(asked);
    assert.match(asked.text, /data-next="\/account\/"/);
  });

  it('[13.6] refuses a body of 8 MB', async () => {
    const page = await send(server, 'x'.repeat(8 * 1024 * 1024));
    assert.equal(page.status, 413);
  });

  async function eventuallyAsksEmail(): Promise<Page> {
    let page: Page | undefined;
    await eventually(async () => {
      page = await get('?next=/account/');
      assert.match(page.text, /name="email"/);
    });
    return page!;
  }
});
