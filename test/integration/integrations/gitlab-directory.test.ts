import assert from 'node:assert/strict';
import type { DirectoryConnection } from '../../../server/src/features/integrations/directories/directory.ts';
import { GitLabClient } from '../../../server/src/features/integrations/providers/gitlab/gitlab-client.ts';
import { GitLabDirectory } from '../../../server/src/features/integrations/providers/gitlab/gitlab-directory.ts';
import { tokensOf, tokensToText } from '../../../server/src/features/integrations/providers/gitlab/gitlab-tokens.ts';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound } from '../../../server/src/outbound/outbound.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';
import { ConnectionInMemory } from '../../support/providers/connection.ts';
import { fails } from '../../support/providers/directory-failure.ts';
import { GitLabStandIn, type GitLabUser, maintainer, owner, type StandInGroup } from '../../support/providers/gitlab.ts';
import { memberNotice, subgroupNotice } from '../../support/providers/gitlab-objects.ts';

const publicUrl = 'https://rollcall.example';

describe('GitLab’s directory', () => {
  let gitlab: GitLabStandIn;
  let outbound: Outbound;
  let ada: GitLabUser;
  let acme: StandInGroup;
  let directory: GitLabDirectory;

  beforeEach(async () => {
    gitlab = await GitLabStandIn.start();
    ada = gitlab.addUser('ada');
    acme = gitlab.addGroup('acme', [[ada, owner]]);
    outbound = openOutbound({});
    directory = directoryWith({});
  });
  afterEach(async () => {
    await outbound.close();
    await gitlab.stop();
  });

  function openOutbound(limits: { readonly wholeMsMax?: number }): Outbound {
    const allowed = parseAllowedDestinations(['127.0.0.1'])!;
    return new Outbound({ allowed, publicUrl, servicePorts: new Set(), counters: new Counters(), limits });
  }

  function directoryWith(changed: { readonly clientSecret?: string }): GitLabDirectory {
    const settings = { clientId: 'the application of the tests', clientSecret: 'the application secret of the tests', url: gitlab.url };
    return new GitLabDirectory(new GitLabClient({ ...settings, ...changed }, outbound, publicUrl));
  }

  function connect(user = ada, scope = 'api') {
    const stored = new ConnectionInMemory(acme.id, { tokens: tokensToText(gitlab.grant(user, scope)), 'hook-token': 'the hook token' });
    return {
      connection: () => stored.open(),
      replaced: stored.replaced,
      open: (signal = new AbortController().signal) => directory.open(stored.open(), signal),
    };
  }

  it('reads all pages of the people of a group and of its subgroups, once each', async () => {
    for (let index = 0; index < 250; index++) acme.members.set(gitlab.addUser(`person-${index}`).id, maintainer);
    const backend = gitlab.addGroup('acme/backend', [[gitlab.addUser('only-backend'), 30]], acme);
    gitlab.addGroup('acme/backend/api', [[gitlab.addUser('only-api'), 10]], backend);
    gitlab.addGroup('other', [[gitlab.addUser('stranger'), owner]]);
    const opened = await connect().open();
    assert.equal(opened.name, 'acme');
    const names = (await opened.readPeople()).map(({ name }) => name);
    assert.equal(new Set(names).size, 253);
    assert.equal(names.length, 253);
    assert.ok(names.includes('only-backend') && names.includes('only-api') && !names.includes('stranger'));
    const groups = await opened.readGroups();
    assert.deepEqual(
      groups.map(({ name }) => name),
      ['acme/backend', 'acme/backend/api'],
    );
    assert.equal((await opened.readGroupMembers(groups[1]!)).length, 253);
  });

  it('leaves out accounts that are blocked or deactivated', async () => {
    for (const state of ['blocked', 'deactivated'] as const) {
      const user = gitlab.addUser(state);
      user.state = state;
      acme.members.set(user.id, 30);
    }
    assert.deepEqual(await (await connect().open()).readPeople(), [{ id: String(ada.id), name: 'ada' }]);
  });

  it('a connection ends if the person leaves, is demoted or blocked, or if the group is deleted', async () => {
    const { open } = connect();
    acme.members.set(ada.id, 30);
    await assert.rejects(open(), fails('disconnected'));
    acme.members.delete(ada.id);
    await assert.rejects(open(), fails('disconnected'));
    acme.members.set(ada.id, maintainer);
    ada.state = 'blocked';
    await assert.rejects(open(), fails('disconnected'));
    ada.state = 'active';
    gitlab.groups.delete(acme.id);
    await assert.rejects(open(), fails('disconnected'));
  });

  it('a connection ends if the person revokes the application, also during a reading', async () => {
    const { open } = connect();
    const opened = await open();
    gitlab.revokeAll();
    await assert.rejects(opened.readPeople(), fails('disconnected'));
    await assert.rejects(open(), fails('disconnected'));
  });

  it('treats a wrong secret of the operator as a failure, not as the end of connections', async () => {
    gitlab.expiresIn = 10;
    const { connection } = connect();
    await assert.rejects(directoryWith({ clientSecret: 'wrong' }).open(connection(), new AbortController().signal), fails('unavailable'));
  });

  it('stores new tokens before their first use', async () => {
    gitlab.expiresIn = 10;
    const { connection, replaced } = connect();
    gitlab.expiresIn = 7_200;
    const { replaceSecret } = connection();
    const held: DirectoryConnection = {
      ...connection(),
      async replaceSecret(name, replace) {
        const before = gitlab.requestsOf('/api/').length;
        const text = await replaceSecret(name, replace);
        assert.equal(gitlab.requestsOf('/api/').length, before, 'a token was used before it was stored');
        return text;
      },
    };
    await (await directory.open(held, new AbortController().signal)).readPeople();
    assert.equal(replaced.length, 1);
    assert.match(tokensOf(replaced[0]).accessToken, /^glat-secret-/);
    assert.equal(gitlab.requestsOf('/oauth/token').length, 1);
  });

  it('keeps the connection if many readings renew the tokens at the same time', async () => {
    gitlab.expiresIn = 10;
    const { open } = connect();
    gitlab.expiresIn = 7_200;
    gitlab.next.push({ path: /oauth/, delayMs: 50 });
    await Promise.all(Array.from({ length: 10 }, open));
    assert.equal(gitlab.requestsOf('/oauth/token').length, 1);
    assert.equal((await (await open()).readPeople()).length, 1);
  });

  it('renews a token that GitLab refuses before it expires, and continues with the same page', async () => {
    for (let index = 0; index < 150; index++) acme.members.set(gitlab.addUser(`person-${index}`).id, 30);
    const opened = await connect().open();
    gitlab.next.push({ path: /members\/all\?.*page=2/, status: 401, body: { error: 'invalid_token' } });
    assert.equal((await opened.readPeople()).length, 151);
    assert.equal(gitlab.requestsOf('/oauth/token').length, 1);
  });

  it('a reading is throttled for the time that GitLab requests, and repeats no request by itself', async () => {
    const opened = await connect().open();
    const waits: readonly (readonly [Record<string, string>, number])[] = [
      [{ 'Retry-After': '600' }, 600],
      [{}, 60],
      [{ 'Retry-After': 'Fri, 27 Nov 2026 15:00:00 GMT' }, 60],
    ];
    for (const [headers, seconds] of waits) {
      gitlab.next.push({ path: /members\/all\?/, status: 429, headers });
      const before = gitlab.requests.length;
      await assert.rejects(opened.readGroupMembers({ id: String(acme.id), name: 'acme' }), fails('throttled', seconds));
      assert.equal(gitlab.requests.length, before + 1);
    }
    gitlab.expiresIn = 10;
    const { open } = connect();
    gitlab.next.push({ path: /oauth\/token/, status: 429, headers: { 'Retry-After': '7' } });
    await assert.rejects(open(), fails('throttled', 7));
  });

  it('returns nothing if a later page fails, is cut off, or is not a list', async () => {
    for (let index = 0; index < 250; index++) acme.members.set(gitlab.addUser(`person-${index}`).id, 30);
    const opened = await connect().open();
    const failures = [
      { status: 500 },
      { status: 502 },
      { status: 404 },
      { status: 302, headers: { Location: 'https://elsewhere.example/' } },
      { status: 200, body: 'maintenance' },
      { status: 200, body: {} },
      { status: 200, body: [{ id: 'x' }] },
      { status: 200, body: [], headers: { 'X-Next-Page': '3' } },
    ];
    for (const failure of failures) {
      gitlab.next.push({ path: /members\/all\?.*page=2/, ...failure });
      await assert.rejects(opened.readPeople(), fails('unavailable'), JSON.stringify(failure));
      assert.deepEqual(gitlab.next, []);
    }
  });

  it('a reading fails if GitLab is slow or down', async () => {
    const { open } = connect();
    await outbound.close();
    outbound = openOutbound({ wholeMsMax: 100 });
    directory = directoryWith({});
    gitlab.next.push({ path: /groups/, delayMs: 300 });
    await assert.rejects(open(), fails('unavailable'));
    await gitlab.stop();
    await assert.rejects(open(), fails('unavailable'));
    gitlab = await GitLabStandIn.start();
  });

  it('stops paging when the reading is aborted', async () => {
    for (let index = 0; index < 250; index++) acme.members.set(gitlab.addUser(`user-${index}`).id, 30);
    const abort = new AbortController();
    const opened = await connect().open(abort.signal);
    gitlab.next.push({ path: /members\/all\?.*[?&]page=2/, delayMs: 3_000 });
    const reading = assert.rejects(opened.readPeople(), fails('unavailable'));
    await eventually(() => assert.deepEqual(gitlab.next, []));
    abort.abort();
    await reading;
    await assert.rejects(opened.readGroups(), fails('unavailable'));
    assert.equal(gitlab.requestsOf('/members/all?').length, 2);
  });

  it('accepts a notice with the token of its integration only', async () => {
    const { connection } = connect();
    const headers = { 'X-Gitlab-Token': 'the hook token', 'Idempotency-Key': 'k-1', 'X-Gitlab-Event-UUID': 'u-1' };
    const parse = (body: string, changed: Record<string, string> = {}, to: DirectoryConnection | undefined = connection()) =>
      directory.parseNotice({
        body,
        header: (name) => new Headers({ ...headers, ...changed }).get(name) ?? undefined,
        ...(to && { connection: to }),
      });
    const changes = [
      memberNotice('user_add_to_group', acme, ada),
      memberNotice('user_remove_from_group', acme, ada),
      memberNotice('user_update_for_group', acme, ada),
      subgroupNotice('subgroup_create', acme, 5),
      subgroupNotice('subgroup_destroy', acme, 5),
    ];
    for (const body of changes) assert.deepEqual(await parse(body), { id: 'k-1', externalId: String(acme.id) });
    assert.deepEqual(await parse('{"object_kind":"push"}'), { id: 'k-1', externalId: null });
    for (const body of ['null', '[]', 'no JSON']) await assert.rejects(parse(body), { code: 'invalid' });
    assert.equal((await parse(changes[0]!, { 'Idempotency-Key': '' }))?.id, 'u-1');
    assert.equal(await parse(changes[0]!, { 'Idempotency-Key': '', 'X-Gitlab-Event-UUID': '' }), null);
    assert.equal(await parse(changes[0]!, { 'Idempotency-Key': 'x'.repeat(101) }), null);
    for (const token of ['', 'another', 'the hook token '.repeat(2), 'The hook token']) {
      assert.equal(await parse(changes[0]!, { 'X-Gitlab-Token': token }), null);
    }
    assert.equal(await parse(changes[0]!, {}, { ...connection(), secrets: {} }), null);
    assert.equal(await directory.parseNotice({ body: changes[0]!, header: (name) => new Headers(headers).get(name) ?? undefined }), null);
  });
});
