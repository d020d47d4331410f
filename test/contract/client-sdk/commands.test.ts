import assert from 'node:assert/strict';
import { connect, OrgError, type RollcallClient } from '@rollcall/client';
import { anOrganization } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

const orgRevision = '00000000-0000-4000-8000-000000000000.11';

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

describe('commands over REST (against a substitute for fetch)', () => {
  let client: RollcallClient;
  let server: TinyServer;
  let sent: Sent[];
  let answers: (() => Response | Promise<Response>)[];

  beforeEach(async () => {
    sent = [];
    answers = [];
    server = await TinyServer.open(anOrganization());
    client = connect({
      url: server.url,
      token: () => 'secret',
      fetch: async (url, init) => {
        const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined;
        sent.push({ method: init?.method ?? '', url: String(url).replace(server.url, ''), headers: new Headers(init?.headers), body });
        const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
        return answer();
      },
    });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('[W7] commands return the response and the revision to wait for', async () => {
    answers = [() => json({ id: '3' }, 201, { 'X-Org-Revision': orgRevision })];
    const result = await client.organization('acme').inviteMember({ email: 'a@b.c' });
    assert.deepEqual(result, { data: { id: '3' }, revision: orgRevision, status: 201, applied: null });
    answers = [() => new Response(null, { status: 204 })];
    assert.deepEqual(await client.organization('acme').removeMember('3'), { data: null, revision: null, status: 204, applied: null });
  });

  it('a name that is empty, `.` or `..` is refused before a request, because a URL would resolve it', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    for (const name of ['', '.', '..']) {
      await assert.rejects(org.removeMember(name), { code: 'invalid' });
      await assert.rejects(org.unassignProject('web', name), { code: 'invalid' });
      await assert.rejects(org.read.member(name), { code: 'invalid' });
      await assert.rejects(client.session.end(name), { code: 'invalid' });
    }
    assert.deepEqual(sent, []);
    await org.read.member('...');
    assert.deepEqual(
      sent.map(({ url }) => url),
      ['/api/0/organizations/acme/members/.../'],
    );
  });

  it('[W5] each command sends the token and a new idempotency key', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    await org.changeMemberRole('3', 'admin');
    await org.changeMemberRole('3', 'admin');
    await org.changeMemberRole('3', 'admin', { idempotencyKey: 'mine' });
    const keys = sent.map(({ headers }) => headers.get('Idempotency-Key'));
    assert.equal(new Set(keys).size, 3);
    assert.equal(keys[2], 'mine');
    assert.equal(sent[0]?.headers.get('Authorization'), 'Bearer secret');
  });

  it('[W6] commands send the required revision as an entity tag', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    await org.updateOrganization({ openMembership: false }, { ifRevision: 10 });
    await org.updateOrganization({ openMembership: false }, { ifRevision: orgRevision });
    assert.deepEqual(
      sent.map(({ headers }) => headers.get('If-Match')),
      ['"10"', `"${orgRevision}"`],
    );
  });

  it('[1.6] commands send the time to wait in a form that the server accepts', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    for (const wait of [2_000, 1_000 / 3, 0.0001, 10_000]) await org.removeMember('3', { wait });
    assert.deepEqual(
      sent.map(({ headers }) => headers.get('Prefer')),
      ['wait=2', 'wait=0.334', 'wait=0.001', 'wait=10'],
    );
  });

  it('commands use the paths of the contract', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    await client.createOrganization({ name: 'Else' });
    await org.updateOrganization({ name: 'Acme 2' });
    await org.removeOrganization();
    await org.restoreOrganization();
    await org.inviteMember({ email: 'a@b.c', orgRole: 'admin' });
    await org.reinviteMember('3', { regenerate: true });
    await org.updateMember('3', { teamRoles: [] });
    await org.changeMemberRole('3', 'owner');
    await org.removeMember('3');
    await org.createTeam({ slug: 'red' });
    await org.updateTeam('red', { name: 'Red' });
    await org.removeTeam('red');
    await org.addTeamMember('red', '3');
    await org.changeTeamRole('red', '3', 'admin');
    await org.removeTeamMember('red', '3');
    await org.joinTeam('red');
    await org.leaveTeam('red');
    await org.createProject({ name: 'Site', team: 'red' });
    await org.createProject({ name: 'Site' });
    await org.updateProject('site', { platform: null, resolveAge: 24, options: { 'filters:releases': '1.*' } });
    await org.removeProject('site');
    await org.assignProject('site', 'red');
    await org.unassignProject('site', 'red');
    await org.inviteMember({ email: 'd@b.c' }, { ifRevision: 10 });
    await org.reinviteMember('3');
    await org.requestInvite({ email: 'e@b.c' });
    await org.updateInviteRequest('4', { approve: true });
    await org.refuseInviteRequest('4');
    await org.decideAccessRequest('9', false);
    await org.createProjectKey('site', { name: 'Mine' });
    await org.updateProjectKey('site', 'abc', { isActive: false });
    await org.removeProjectKey('site', 'abc');
    await org.createToken({ name: 'ci' });
    await org.renameToken('8', 'CI');
    await org.removeToken('8');
    assert.deepEqual(
      sent.map(({ method, url, body }) => `${method} ${url.replace('/api/0', '')} ${JSON.stringify(body) ?? ''}`.trimEnd()),
      [
        'POST /organizations/ {"name":"Else"}',
        'PUT /organizations/acme/ {"name":"Acme 2"}',
        'DELETE /organizations/acme/',
        'PUT /organizations/acme/ {"cancelDeletion":true}',
        'POST /organizations/acme/members/ {"email":"a@b.c","orgRole":"admin"}',
        'PUT /organizations/acme/members/3/ {"reinvite":true,"regenerate":true}',
        'PUT /organizations/acme/members/3/ {"teamRoles":[]}',
        'PUT /organizations/acme/members/3/ {"orgRole":"owner"}',
        'DELETE /organizations/acme/members/3/',
        'POST /organizations/acme/teams/ {"slug":"red"}',
        'PUT /teams/acme/red/ {"name":"Red"}',
        'DELETE /teams/acme/red/',
        'POST /organizations/acme/members/3/teams/red/',
        'PUT /organizations/acme/members/3/teams/red/ {"teamRole":"admin"}',
        'DELETE /organizations/acme/members/3/teams/red/',
        'POST /organizations/acme/members/me/teams/red/',
        'DELETE /organizations/acme/members/me/teams/red/',
        'POST /teams/acme/red/projects/ {"name":"Site"}',
        'POST /organizations/acme/projects/ {"name":"Site"}',
        'PUT /projects/acme/site/ {"platform":null,"resolveAge":24,"options":{"filters:releases":"1.*"}}',
        'DELETE /projects/acme/site/',
        'POST /projects/acme/site/teams/red/',
        'DELETE /projects/acme/site/teams/red/',
        'POST /organizations/acme/members/ {"email":"d@b.c"}',
        'PUT /organizations/acme/members/3/ {"reinvite":true,"regenerate":false}',
        'POST /organizations/acme/invite-requests/ {"email":"e@b.c"}',
        'PUT /organizations/acme/invite-requests/4/ {"approve":true}',
        'DELETE /organizations/acme/invite-requests/4/',
        'PUT /organizations/acme/access-requests/9/ {"isApproved":false}',
        'POST /projects/acme/site/keys/ {"name":"Mine"}',
        'PUT /projects/acme/site/keys/abc/ {"isActive":false}',
        'DELETE /projects/acme/site/keys/abc/',
        'POST /organizations/acme/org-auth-tokens/ {"name":"ci"}',
        'PUT /organizations/acme/org-auth-tokens/8/ {"name":"CI"}',
        'DELETE /organizations/acme/org-auth-tokens/8/',
      ],
    );
  });

  it('several invites are created in sequence, with a result for each', async () => {
    answers = [() => json({ id: '3' }, 201), () => json({ email: ['The user is already invited.'] }, 400), () => json({ id: '4' }, 201)];
    const outcomes = await client.organization('acme').inviteMembers([{ email: 'a@b.c' }, { email: 'b@b.c' }, { email: 'c@b.c' }]);
    assert.deepEqual(
      outcomes.map(({ invite, member, error }) => [invite.email, member?.id, error?.code]),
      [
        ['a@b.c', '3', undefined],
        ['b@b.c', undefined, 'invalid'],
        ['c@b.c', '4', undefined],
      ],
    );
    await assert.rejects(client.organization('acme').inviteMembers([{ email: 'a@b.c' }], { signal: AbortSignal.abort() }), {
      code: 'aborted',
    });
  });

  it('commands are not retried if the server might carry them out twice', async () => {
    answers = [() => Promise.reject(new TypeError('fetch failed'))];
    await assert.rejects(client.organization('acme').createToken({ name: 'ci' }), { code: 'unreachable' });
    await assert.rejects(client.session.logIn({ username: 'ada', password: 'secret' }), { code: 'unreachable' });
    assert.equal(sent.length, 2);
  });

  it('commands name the organization by id once it is known, so that a rename does not matter', async () => {
    answers = [() => json({})];
    const org = client.organization('acme');
    await org.ready();
    await org.createTeam({ slug: 'a/../b' });
    await org.removeTeam('a/../b');
    assert.deepEqual(
      sent.map(({ url }) => url),
      ['/api/0/organizations/1/teams/', '/api/0/teams/1/a%2F..%2Fb/'],
    );
  });

  describe('a refused command', () => {
    const refusals: [string, () => Response, string, string][] = [
      [
        'by a code in the header',
        () => json({ detail: 'Moved on.' }, 412, { 'X-Sentry-Error': 'revision-conflict' }),
        'revision-conflict',
        'Moved on.',
      ],
      ['by an unknown code', () => json({ detail: 'No.' }, 403, { 'X-Sentry-Error': 'other' }), 'forbidden', 'No.'],
      ['for a field', () => json({ email: ['Enter a valid email address.'] }, 400), 'invalid', 'email: Enter a valid email address.'],
      ['across fields', () => json({ non_field_errors: ['Name or slug is required'] }, 400), 'invalid', 'Name or slug is required'],
      ['by a bare list', () => json(['Restricted.'], 400), 'invalid', 'Restricted.'],
      [
        'for lack of 2FA',
        () => json({ detail: { code: '2fa-required', message: 'Turn on 2FA.', extra: {} } }, 401),
        'two-factor-required',
        'Turn on 2FA.',
      ],
      ['without credentials', () => json({ detail: 'Not provided.' }, 401), 'unauthenticated', 'Not provided.'],
      ['by a proxy', () => new Response('', { status: 418 }), 'invalid', 'The server responded with status 418.'],
      ['by a fault', () => json({ detail: 'Internal Error' }, 500), 'internal', 'Internal Error'],
    ];
    for (const [how, answer, code, message] of refusals) {
      it(`${how}: ${code}`, async () => {
        answers = [answer];
        const error = await client
          .organization('acme')
          .createTeam({ slug: 'red' })
          .catch((thrown: unknown) => thrown);
        assert.ok(error instanceof OrgError);
        assert.deepEqual([error.code, error.message, sent.length], [code, message, 1]);
        const text = await answer().text();
        assert.deepEqual(error.body, text === '' ? '' : JSON.parse(text));
      });
    }
  });

  it('the error of a refused command states when a retry can succeed, if the server does', async () => {
    const org = client.organization('acme');
    answers = [() => json({ detail: 'Too many.' }, 429, { 'Retry-After': '7' }), () => json({ detail: 'Too many.' }, 429)];
    for (const retryAfterSeconds of [7, null])
      await assert.rejects(org.createTeam({ slug: 'red' }), { code: 'rate-limited', retryAfterSeconds });
  });

  describe('a command whose response does not arrive completely', () => {
    /** A response whose body ends with an error after its first bytes. */
    const cut = (status = 200, error: () => Promise<never> = () => Promise.reject(new TypeError('terminated'))) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"id"')),
        pull: error,
      });
      return new Response(body, { status });
    };

    it('[W5] the command is repeated with the same key', async () => {
      answers = [() => cut(), () => json({ id: '3' })];
      const { data } = await client.organization('acme').createTeam({ slug: 'red' });
      assert.deepEqual([data.id, sent.length], ['3', 2]);
      assert.equal(new Set(sent.map(({ headers }) => headers.get('Idempotency-Key'))).size, 1);
    });

    it('a list is requested again', async () => {
      answers = [() => cut(), () => json([{ id: '3' }])];
      const { rows } = await client.organization('acme').read.members();
      assert.deepEqual([rows.length, sent.length], [1, 2]);
    });

    it('the command is not repeated if its response is not stored, and the error states that it was executed', async () => {
      answers = [() => cut()];
      const refused = client.organization('acme').createToken({ name: 'ci' });
      await assert.rejects(refused, { code: 'unreachable', message: /^The server executed the request, but its response is incomplete/ });
      assert.equal(sent.length, 1);
    });

    it('the command is aborted by its signal', async () => {
      const controller = new AbortController();
      answers = [
        () =>
          cut(200, () => {
            controller.abort('enough');
            return Promise.reject(new DOMException('This operation was aborted', 'AbortError'));
          }),
      ];
      const aborted = client.organization('acme').createTeam({ slug: 'red' }, { signal: controller.signal });
      await assert.rejects(aborted, { code: 'aborted', cause: 'enough' });
      assert.equal(sent.length, 1);
    });

    it('the status of a refusal determines the error', async () => {
      answers = [() => cut(403)];
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }), { code: 'forbidden' });
      assert.equal(sent.length, 1);
    });
  });

  describe('commands to an unavailable server', () => {
    const unavailable = () => json({ detail: 'Away.' }, 503, { 'Retry-After': '0' });
    const unreachable = () => Promise.reject(new TypeError('fetch failed'));

    it('[W5] commands are retried with the same key', async () => {
      answers = [unreachable, unavailable, () => json({ id: '3' })];
      const { data } = await client.organization('acme').createTeam({ slug: 'red' });
      assert.equal(data.id, '3');
      assert.equal(sent.length, 3);
      assert.equal(new Set(sent.map(({ headers }) => headers.get('Idempotency-Key'))).size, 1);
    });

    it('[H-34] commands are retried with the same key after a load balancer reports a dead or frozen server', async () => {
      for (const status of [502, 503, 504]) {
        sent.length = 0;
        answers = [() => new Response('<html>', { status }), () => json({ id: '3' })];
        await client.organization('acme').createTeam({ slug: 'red' });
        assert.equal(sent.length, 2, String(status));
        const [first, second] = sent.map(({ headers }) => headers.get('Idempotency-Key'));
        assert.ok(first);
        assert.equal(first, second);
      }
    });

    it('[H-34] a write without a key is not retried', async () => {
      for (const answer of [unreachable, unavailable, () => new Response('', { status: 504 })]) {
        sent.length = 0;
        answers = [answer];
        await assert.rejects(client.session.logOut());
        await assert.rejects(client.account.changePassword('old', 'new'));
        assert.equal(sent.length, 2);
        assert.ok(sent.every(({ headers }) => !headers.has('Idempotency-Key')));
      }
    });

    it('[H-34] clients retry at random times after the requested delay', async () => {
      answers = [() => json({ detail: 'Away.' }, 503, { 'Retry-After': '0' })];
      const startedAt = performance.now();
      const took = await Promise.all(
        Array.from({ length: 20 }, async (_, number) => {
          await assert.rejects(client.organization('acme').createTeam({ slug: `team-${number}` }));
          return performance.now() - startedAt;
        }),
      );
      assert.ok(Math.max(...took) - Math.min(...took) > 100, `they took ${took}`);
    });

    it('commands fail after three attempts', async () => {
      answers = [unavailable];
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }), { code: 'unavailable' });
      assert.equal(sent.length, 3);
      answers = [unreachable];
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }), { code: 'unreachable' });
    });

    it('[R12] commands fail immediately if the server requests too long a delay', async () => {
      answers = [() => json({ detail: 'Away.' }, 503, { 'Retry-After': '60' })];
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }), { code: 'unavailable' });
      assert.equal(sent.length, 1);
    });

    it('the error of a token function that fails contains its reason', async () => {
      const refusal = new Error('logged out');
      using lost = connect({ url: server.url, token: () => Promise.reject(refusal) });
      await assert.rejects(lost.session.current(), {
        code: 'unreachable',
        message: 'the token function failed: Error: logged out',
        cause: refusal,
      });
    });

    it('a signal aborts a command, also between two attempts', async () => {
      answers = [() => json({ detail: 'Away.' }, 503, { 'Retry-After': '5' })];
      const signal = AbortSignal.timeout(30);
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }, { signal }), { code: 'aborted' });
      await assert.rejects(client.organization('acme').createTeam({ slug: 'red' }, { signal: AbortSignal.abort() }), { code: 'aborted' });
      assert.equal(sent.length, 1);
    });
  });
});
