import assert from 'node:assert/strict';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { anOrgWithOwner } from '../support/logged-in.ts';
import { GitHubStandIn, githubSettings } from '../support/providers/github.ts';
import { startServerWith, type TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { buttonOf } from './organization-pages.ts';

describe('the connection of a GitHub organization in the console', () => {
  let github: GitHubStandIn;
  let server: TestServer;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    github = await GitHubStandIn.start();
    // The stand-in is on another site than the server, as GitHub is, so that the browser withholds
    // strict cookies.
    server = await startServerWith(github, githubSettings(github.url.replace('127.0.0.1', 'localhost')));
  });
  after(() => server?.stop());

  it('[13.12] leads to GitHub and back, and removes the App when the organization is disconnected', async () => {
    const org = await anOrgWithOwner(server);
    const acme = github.addOrganization('acme', 3);
    github.users.set('code', { id: 5, login: 'ada', adminOf: [acme.id], memberOf: [] });
    const returned = { installation_id: String(acme.installationId), setup_action: 'install', code: 'code' };
    github.installedAt = `${server.url}/extensions/github/setup/?${new URLSearchParams(returned)}`;

    await using visitor = await visit(server.url, `/organizations/${org.slug}/integrations/`, { cookie: org.cookie, isFirst: true });
    const { page } = visitor;
    await buttonOf(page, 'Connect GitHub').click();
    await page.getByRole('link', { name: 'Install' }).click();
    await page.getByText('Connected').waitFor();
    assert.equal(new URL(page.url()).origin, server.url);
    await buttonOf(page, 'Disconnect acme').click();
    await buttonOf(page, 'Disconnect').click();
    await page.getByText('Disconnected acme', { exact: true }).waitFor();
    await eventually(() => assert.equal(acme.isInstalled, false), { timeoutMs: 20_000 });
  });
});
