import assert from 'node:assert/strict';
import type { DirectoryError } from '../../../server/src/features/integrations/directories/directory.ts';
import { GitHubDirectory } from '../../../server/src/features/integrations/providers/github/github-directory.ts';
import { eventually } from '../../support/eventually.ts';
import { ConnectionInMemory } from '../../support/providers/connection.ts';
import { fails } from '../../support/providers/directory-failure.ts';
import { type GitHubOrganization, GitHubStandIn, githubApp, noticeHeaders } from '../../support/providers/github.ts';

describe('GitHub’s directory', () => {
  let github: GitHubStandIn;
  let acme: GitHubOrganization;
  let directory: GitHubDirectory;

  beforeEach(async () => {
    github = await GitHubStandIn.start();
    acme = github.addOrganization('acme', 250);
    directory = new GitHubDirectory(githubApp(github.url));
  });
  afterEach(() => github.stop());

  const connectionTo = (installationId: number) => new ConnectionInMemory(acme.id, { installation: String(installationId) }).open();
  const open = (from = directory, signal = new AbortController().signal) => from.open(connectionTo(acme.installationId), signal);

  it('reads all pages of people, teams and their members', async () => {
    const ids = [...acme.people.keys()];
    acme.teams.set(7, { slug: 'backend', people: ids.slice(0, 130) });
    acme.teams.set(8, { slug: 'empty', people: [] });
    const opened = await open();
    assert.equal(opened.name, 'acme');
    const people = await opened.readPeople();
    assert.equal(people.length, 250);
    assert.deepEqual(people[249], { id: String(ids[249]), name: 'acme-249' });
    const groups = await opened.readGroups();
    assert.deepEqual(groups, [
      { id: '7', name: 'backend' },
      { id: '8', name: 'empty' },
    ]);
    assert.equal((await opened.readGroupMembers(groups[0]!)).length, 130);
    assert.deepEqual(await opened.readGroupMembers(groups[1]!), []);
    assert.equal(github.requests.filter((request) => request.includes('/members?')).length, 3 + 2 + 1);
  });

  it('follows a new name of the organization', async () => {
    acme.login = 'acme-renamed';
    assert.equal((await (await open()).readPeople()).length, 250);
  });

  it('keeps the token of an installation for later readings', async () => {
    for (let reading = 0; reading < 3; reading++) await (await open()).readGroups();
    assert.equal(github.requests.filter((request) => request.endsWith('/access_tokens')).length, 1);
  });

  it('a directory is disconnected if the App is removed, suspended or installed elsewhere', async () => {
    const other = github.addOrganization('other');
    await assert.rejects(directory.open(connectionTo(other.installationId), new AbortController().signal), fails('disconnected'));
    acme.isSuspended = true;
    await assert.rejects(open(), fails('disconnected'));
    acme.isSuspended = false;
    acme.isInstalled = false;
    await assert.rejects(open(), fails('disconnected'));
  });

  it('[V15.3.2] follows no redirect', async () => {
    const opened = await open();
    for (const status of [301, 302, 307, 308]) {
      github.next.push({ path: /teams/, status, headers: { location: `${github.url}/elsewhere` }, body: [] });
      await assert.rejects(opened.readGroups(), fails('unavailable'));
    }
    assert.ok(!github.requests.some((request) => request.includes('elsewhere')));
  });

  it('a directory is disconnected if the App is removed during a reading', async () => {
    const opened = await open();
    await opened.readGroups();
    github.revokeTokens();
    await assert.rejects(opened.readPeople(), fails('disconnected'));
  });

  it('treats a 403 as a failure, because GitHub also refuses requests for temporary reasons', async () => {
    const opened = await open();
    const body = { message: 'Although you appear to have the correct authorization credentials, the organization has an IP allow list.' };
    github.next.push({ path: /installations\/\d+$/, status: 403, body });
    await assert.rejects(open(), fails('unavailable'));
    github.next.push({ path: /installations\/\d+$/, status: 403, headers: { 'Retry-After': '90' }, body: { message: 'Slow down.' } });
    await assert.rejects(open(), fails('throttled', 90));
    github.next.push({ path: /members\?/, status: 403, body: { message: 'Resource not accessible by integration' } });
    await assert.rejects(opened.readPeople(), fails('unavailable'));
    const other = new GitHubDirectory(githubApp(github.url));
    github.next.push({ path: /access_tokens$/, status: 403, body });
    await assert.rejects(
      open(other).then((one) => one.readPeople()),
      fails('unavailable'),
    );
    assert.equal(github.next.length, 0);
  });

  it('stops paging when the reading is aborted', async () => {
    const abort = new AbortController();
    const opened = await open(directory, abort.signal);
    const release = github.hold(/members\?.*page=2$/);
    const reading = assert.rejects(opened.readPeople(), fails('unavailable'));
    await eventually(() => assert.deepEqual(github.held, []));
    abort.abort();
    await reading;
    release();
    await assert.rejects(opened.readGroups(), fails('unavailable'));
    const pages = github.requests.filter((request) => request.includes('/orgs/'));
    assert.deepEqual(
      pages.map((request) => /[?&]page=(\d)/.exec(request)?.[1] ?? '1'),
      ['1', '2'],
    );
  });

  it('treats a wrong key of the operator as a failure, not as the end of connections', async () => {
    const wrong = new GitHubDirectory(githubApp(github.url, { GITHUB_APP_ID: '4712' }));
    await assert.rejects(open(wrong), fails('unavailable'));
  });

  it('repeats a request after the short wait that GitHub requests', async () => {
    const opened = await open();
    const body = { message: 'You have exceeded a secondary rate limit. Please wait.' };
    github.next.push({ path: /members\?/, status: 403, headers: { 'Retry-After': '1' }, body });
    assert.equal((await opened.readPeople()).length, 250);
  });

  it('stops a reading that would have to wait for long, or until a date', async () => {
    const opened = await open();
    const secondary = { message: 'You have exceeded a secondary rate limit. Please wait.' };
    const reset = String(Math.floor(Date.now() / 1_000) + 900);
    const limits = [
      [{ status: 429, headers: { 'Retry-After': '600' }, body: secondary }, 600],
      [{ status: 403, body: secondary }, 60],
      [{ status: 429, body: { message: 'Too many requests' } }, 60],
      [{ status: 429, headers: { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }, body: { message: 'Too many requests' } }, 60],
    ] as const;
    for (const [misbehaviour, seconds] of limits) {
      github.next.push({ path: /members\?/, ...misbehaviour });
      await assert.rejects(opened.readPeople(), fails('throttled', seconds));
    }
    const used = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': reset };
    github.next.push({ path: /members\?/, status: 403, headers: used, body: { message: 'API rate limit exceeded' } });
    await assert.rejects(opened.readPeople(), (error: DirectoryError) => error.failure === 'throttled' && error.retryAfterSeconds! > 890);
  });

  it('returns nothing if a later page fails', async () => {
    const opened = await open();
    github.next.push({ path: /teams\?/, status: 502 });
    await assert.rejects(opened.readGroups(), fails('unavailable'));
    github.next.push({ path: /members\?.*page=3$/, status: 500 });
    await assert.rejects(opened.readPeople(), fails('unavailable'));
    assert.equal(github.next.length, 0);
    await github.stop();
    await assert.rejects(opened.readPeople(), fails('unavailable'));
    github = await GitHubStandIn.start();
  });

  it('accepts a notice that GitHub signed', async () => {
    const body = JSON.stringify({ action: 'member_removed', organization: { id: acme.id } });
    const parse = (headers: Record<string, string>, sent = body) =>
      directory.parseNotice({ body: sent, header: (name) => new Headers(headers).get(name) ?? undefined });
    const headers = noticeHeaders('organization', body, 'delivery-1');
    assert.deepEqual(await parse(headers), { id: 'delivery-1', externalId: String(acme.id) });
    assert.deepEqual(await parse(noticeHeaders('ping', body, 'delivery-2')), { id: 'delivery-2', externalId: null });
    assert.equal(await parse(headers, `${body} `), null);
    assert.equal(await parse(noticeHeaders('organization', body, 'delivery-3', 'another secret')), null);
    for (const name of Object.keys(headers)) assert.equal(await parse({ ...headers, [name]: '' }), null);
    const form = new URLSearchParams({ payload: body }).toString();
    for (const event of ['organization', 'ping'])
      for (const text of [form, 'null', '[]', '"x"', '{'])
        await assert.rejects(parse(noticeHeaders(event, text, 'delivery-4'), text), { code: 'invalid' });
    const empty = JSON.stringify({ organization: null, installation: { account: null } });
    assert.deepEqual(await parse(noticeHeaders('team', empty, 'delivery-5'), empty), { id: 'delivery-5', externalId: null });
  });
});
