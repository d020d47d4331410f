import assert from 'node:assert/strict';
import { connect, dehydrate } from '@rollcall/client';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { runComponentProgram, serveComponentPage } from '../support/component-page.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { aLoggedInMember, anOrgWithOwner } from '../support/logged-in.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { memberRow, roleOf } from './pages.ts';

/** A page for a server and for the browser. `data` is what the server passes on. */
const page = `
import { connect } from '@rollcall/client';
import { OrganizationProvider, RollcallProvider } from '@rollcall/client/react';
import { Can, MemberList } from '@rollcall/react';
import '@rollcall/react/styles.css';

const render = ({ url, userId, slug, dehydrated }) => (
  <RollcallProvider client={connect({ url })} userId={userId}>
    <OrganizationProvider name={slug} dehydrated={dehydrated}>
      <MemberList onSelect={() => {}} />
      <Can scope="member:admin">You can change roles.</Can>
    </OrganizationProvider>
  </RollcallProvider>
);
`;
const onServer = `${page}
import { renderToString } from 'react-dom/server';
process.stdout.write(renderToString(render(JSON.parse(process.env.DATA))));
`;
const inBrowser = (data: string) => `${page}
import { hydrateRoot } from 'react-dom/client';
hydrateRoot(document.getElementById('root'), render(${data}), { onRecoverableError: (error) => console.error(error) });
`;

describe('the components of @rollcall/react on a page that a server renders', () => {
  let server: TestServer;
  let port: number;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    port = await freePort();
    server = await startServer({ ALLOWED_ORIGINS: `http://127.0.0.1:${port}` });
  });
  after(() => server?.stop());

  it('the HTML contains the members, and the page continues live without a warning of React', async () => {
    const org = await anOrgWithOwner(server);
    const member = await aLoggedInMember(server, org);
    using client = connect({
      url: server.url,
      token: (await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes: ['org:read', 'member:read'] })).body.token,
    });
    const handle = client.organization(org.slug);
    await handle.ready();
    const { userId } = org.owner;
    const dehydrated = dehydrate(handle, { userId, collections: ['organization', 'members'] });
    const data = JSON.stringify({ url: server.url, userId, slug: org.slug, dehydrated });
    const html = await runComponentProgram(onServer, { DATA: data });
    assert.ok(html.includes(member.email) && html.includes('You can change roles.'), html);
    await using application = await serveComponentPage(inBrowser(data), port, html);
    await using visitor = await visit(application.url, '/', { cookie: org.cookie });
    const role = roleOf(visitor.page, member.email);
    await eventually(async () => assert.ok(await role.evaluate(belongsToReact), 'the page has no handlers yet'), { timeoutMs: 30_000 });
    await role.selectOption('admin');
    await eventually(async () => {
      const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { cookie: org.cookie });
      assert.equal(body.orgRole, 'admin');
    });
    const added = await aLoggedInMember(server, org);
    await memberRow(visitor.page, added.email).waitFor();
    assert.deepEqual(
      visitor.faults.filter((fault) => !fault.startsWith(`request to ${server.url}`)),
      [],
    );
  });
});

/** The page receives no event of an element before React has adopted it. */
function belongsToReact(element: Element): boolean {
  return Object.keys(element).some((key) => key.startsWith('__reactProps'));
}
