import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chromiumMissing, findChromium, type Visit, visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { anOrganizationOf, aPerson } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { hasNoSidewaysScroll } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

describe('the operations page', () => {
  let server: TestServer;
  let visitor: Visit;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    server = await startServer({ INSTANCE_ID: 'harbor-1' });
  });
  after(() => server?.stop());
  afterEach(async () => {
    await visitor[Symbol.asyncDispose]();
    assert.deepEqual(visitor.faults, [], 'the page logs no error and contacts no other host');
  });

  async function enter(page: Page, token: string): Promise<void> {
    await page.getByLabel('Operator token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
  }

  const chart = (page: Page, title: string) => page.getByRole('img', { name: new RegExp(`^${title}, `) });

  it('needs the operator token and no login, and rejects a wrong token', async () => {
    visitor = await visit(server.url, '/operations/');
    const { page } = visitor;
    await enter(page, 'wrong');
    await page.getByRole('alert').filter({ hasText: 'Wrong operator token.' }).waitFor();
    await assertAccessible(page);
    // The browser itself logs the 401 response.
    (visitor.faults as string[]).splice(0);
  });

  it('shows only the error if the first request fails, and the charts once one succeeds', async () => {
    visitor = await visit(server.url, '/operations/');
    const { page } = visitor;
    const report = /\/api\/operator\/instances/;
    await page.route(report, (route) => route.fulfill({ status: 503, json: { detail: 'Unavailable' } }));
    await enter(page, server.operatorToken);
    await page.getByRole('alert').filter({ hasText: 'Retrying.' }).waitFor();
    assert.equal(await page.getByRole('img').count(), 0);
    await page.unroute(report);
    await chart(page, 'Sockets').waitFor();
    // The browser itself logs the 503 response.
    (visitor.faults as string[]).splice(0);
  });

  it('shows the instance, updates its charts under load, and does not store the token', async () => {
    visitor = await visit(server.url, '/operations/');
    const { page } = visitor;
    await enter(page, server.operatorToken);
    await page.getByRole('rowheader', { name: /^harbor-1/ }).waitFor();
    const before = await chart(page, 'Sockets').locator('path').getAttribute('d');
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name: 'Renamed' } });
    await page.getByRole('img', { name: /^Sockets, .*Now: 1$/ }).waitFor();
    await page.getByRole('img', { name: /^Commit to delivery, .*Now: [\d.]+ ms$/ }).waitFor();
    await eventually(async () => assert.notEqual(await chart(page, 'Sockets').locator('path').getAttribute('d'), before));
    replica.close();
    await assertAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await assertAccessible(page);
    const instances = page.getByRole('region', { name: 'Instances' });
    assert.ok(await instances.evaluate((one) => one.scrollWidth <= one.clientWidth), 'the numbers of an instance fit a phone');
    await hasNoSidewaysScroll(page);
    const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
    assert.ok(!kept.includes(server.operatorToken), 'the token is not stored');
    await page.reload();
    await page.getByLabel('Operator token').waitFor();
  });
});
