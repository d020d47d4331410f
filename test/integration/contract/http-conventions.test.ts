import assert from 'node:assert/strict';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { type RequestOptions, startServer, type TestResponse, type TestServer } from '../../support/server.ts';

/** Sections 1 to 3 and 16, row by row: rules for every path, tested on paths of organizations. */
describe('the HTTP contract', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({ ALLOWED_ORIGINS: 'https://app.example.com' });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());

  const asOwner = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0${path}`, { token: owner.token, ...options });
  const update = (body: unknown) => asOwner('PUT', `/organizations/${org.slug}/`, { body });
  const answerOf = ({ status, body }: TestResponse) => [status, body];

  describe('paths and methods', () => {
    for (const [path, contentType, expected] of [
      [
        '/organizations',
        'application/json; charset=utf-8',
        ['application/json', { info: 'Route not found, did you forget a trailing slash? try: /api/0/organizations/' }],
      ],
      [
        '/organizations',
        null,
        ['text/plain; charset=utf-8', 'Route not found, did you forget a trailing slash? try: /api/0/organizations/'],
      ],
      ['/no-such-thing/', 'application/json', [null, '']],
      ['/organizations/acme/no-such-thing/', null, [null, '']],
    ] as const) {
      it(`[1] GET ${path} of type ${contentType} is 404 ${JSON.stringify(expected[1])}`, async () => {
        const answer = await asOwner('GET', path, { headers: contentType === null ? {} : { 'Content-Type': contentType } });
        assert.equal(answer.status, 404);
        assert.deepEqual([answer.headers.get('content-type'), answer.body], expected);
      });
    }

    it('[1] [V4.1.1] a response has exactly the type application/json, and none without a body', async () => {
      assert.equal((await asOwner('GET', '/organizations/')).headers.get('content-type'), 'application/json');
      const empty = await asOwner('OPTIONS', '/organizations/');
      assert.deepEqual([empty.headers.get('content-type'), empty.body], [null, '']);
    });

    for (const [method, path, allow] of [
      ['PATCH', '/organizations/', 'GET, POST, HEAD, OPTIONS'],
      ['PATCH', '/organizations/acme/', 'GET, PUT, DELETE, HEAD, OPTIONS'],
      ['POST', '/organizations/acme/', 'GET, PUT, DELETE, HEAD, OPTIONS'],
      ['GET', '/organizations/acme/join-request/', 'POST, OPTIONS'],
    ] as const) {
      it(`[1] ${method} ${path} returns 405, and Allow contains ${allow}`, async () => {
        const answer = await asOwner(method, path);
        assert.deepEqual(answerOf(answer), [405, { detail: `Method "${method}" not allowed.` }]);
        assert.equal(answer.headers.get('allow'), allow);
      });
    }

    it('[1] a 405 of the operator API names the methods of the path in Allow', async () => {
      const answer = await server.operate('PATCH', '/users/');
      assert.deepEqual(answerOf(answer), [405, { detail: 'Method "PATCH" not allowed.' }]);
      assert.equal(answer.headers.get('allow'), 'GET, POST, HEAD');
      assert.equal((await server.operate('HEAD', '/users/')).status, 200);
      assert.equal((await server.operate('OPTIONS', '/users/')).status, 405);
    });

    for (const [type, headers] of [
      ['text/plain', { 'Content-Type': 'text/plain' }],
      ['application/x-www-form-urlencoded', { 'Content-Type': 'application/x-www-form-urlencoded' }],
      ['', {}],
    ] as const) {
      it(`[1] a body of the type "${type}" is 415 for every caller`, async () => {
        const send = (path: string, token: string, body: object) =>
          fetch(`${server.url}/api/${path}`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${token}`, ...headers },
            // Unlike for a text, `fetch` adds no type.
            body: Buffer.from(JSON.stringify(body)),
          });
        for (const answer of [
          await send(`0/organizations/${org.slug}/`, owner.token, { name: 'Other' }),
          await send(`operator/users/${owner.userId}/`, server.operatorToken, { isActive: false }),
        ]) {
          assert.deepEqual([answer.status, await answer.json()], [415, { detail: `Unsupported media type "${type}" in request.` }]);
        }
      });
    }

    it('[1] an empty chunked body without a type is like no body', async () => {
      const { status } = await fetch(`${server.url}/api/0/organizations/${org.slug}/`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${owner.token}` },
        body: new Blob([]).stream(),
        duplex: 'half',
      } as RequestInit);
      assert.equal(status, 200);
    });

    it('[1] OPTIONS gets a response before any authentication, on existing paths', async () => {
      const answer = await server.request('OPTIONS', '/api/0/organizations/acme/', { token: 'no-such-token' });
      assert.deepEqual(answerOf(answer), [200, '']);
      assert.equal(answer.headers.get('access-control-max-age'), '3600');
      assert.equal(answer.headers.get('allow'), 'GET, PUT, DELETE, HEAD, OPTIONS');
      assert.equal((await server.request('OPTIONS', '/api/0/no-such-thing/')).status, 404);
    });

    it('[1] HEAD is GET without the body', async () => {
      const head = await asOwner('HEAD', '/organizations/');
      assert.deepEqual([head.status, head.body], [200, '']);
      assert.ok(head.headers.get('link'), 'it has the headers');
    });

    it('[1] a path accepts the slug or the id of an organization, and digits are always an id', async () => {
      for (const name of [org.slug, org.id]) assert.equal((await asOwner('GET', `/organizations/${name}/`)).body.id, org.id);
      assert.equal((await asOwner('GET', `/organizations/${org.slug.toUpperCase()}/`)).status, 404);
    });
  });

  describe('bodies', () => {
    for (const value of [true, 1, 'true', 'TRUE', '1', 'yes', 'On']) {
      it(`[1] ${JSON.stringify(value)} is true`, async () =>
        assert.equal((await update({ isEarlyAdopter: value })).body.isEarlyAdopter, true));
    }
    for (const value of [false, 0, 'false', 'False', '0', 'no', 'OFF']) {
      it(`[1] ${JSON.stringify(value)} is false`, async () =>
        assert.equal((await update({ isEarlyAdopter: value })).body.isEarlyAdopter, false));
    }

    for (const [sent, refusal] of [
      [{ isEarlyAdopter: null }, { isEarlyAdopter: ['This field may not be null.'] }],
      [{ isEarlyAdopter: 2 }, { isEarlyAdopter: ['Must be a valid boolean.'] }],
      [{ isEarlyAdopter: '' }, { isEarlyAdopter: ['Must be a valid boolean.'] }],
      [{ isEarlyAdopter: [] }, { isEarlyAdopter: ['Must be a valid boolean.'] }],
      [{ name: null }, { name: ['This field may not be null.'] }],
      [{ name: ' \t ' }, { name: ['This field may not be blank.'] }],
      [{ name: true }, { name: ['Not a valid string.'] }],
      [{ name: ['x'] }, { name: ['Not a valid string.'] }],
      [{ name: 'n'.repeat(65) }, { name: ['Ensure this field has no more than 64 characters.'] }],
      [{ avatarType: 'gravatar' }, { avatarType: ['"gravatar" is not a valid choice.'] }],
      [{ storeCrashReports: '1.5' }, { storeCrashReports: ['A valid integer is required.'] }],
      [{ safeFields: 'email' }, { safeFields: ['Expected a list of items but got type "str".'] }],
      [{ safeFields: { a: 1 } }, { safeFields: ['Expected a list of items but got type "dict".'] }],
      [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ] as const) {
      it(`[16] ${JSON.stringify(sent).slice(0, 40)} is 400 ${JSON.stringify(refusal)}`, async () => {
        assert.deepEqual(answerOf(await update(sent)), [400, refusal]);
      });
    }

    it('[1] [V15.3.3] texts are trimmed, unknown keys are ignored, and absent fields stay unchanged', async () => {
      const before = (await update({ name: 'As it was' })).body;
      const { status, body } = await update({ name: '  Trimmed \n', colour: 'red' });
      assert.equal(status, 200);
      assert.deepEqual(body, { ...before, name: 'Trimmed' });
    });

    it('[1] invalid JSON returns 400 with the parser’s message', async () => {
      const answer = await asOwner('PUT', `/organizations/${org.slug}/`, { body: '{"name": ' });
      assert.equal(answer.status, 400);
      assert.match(answer.body.detail, /^JSON parse error - /);
    });

    it('[1] ids are strings, dates have microseconds and Z', async () => {
      const { body } = await asOwner('GET', `/organizations/${org.slug}/`);
      assert.equal(body.id, org.id);
      assert.match(body.dateCreated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    });
  });

  describe('pages', () => {
    for (const [query, message] of [
      ['per_page=x', 'Invalid per_page parameter.'],
      ['per_page=', 'Invalid per_page parameter.'],
      ['per_page=1.5', 'Invalid per_page parameter.'],
      ['per_page=0', 'Invalid per_page value. Must be between 1 and 100.'],
      ['per_page=-1', 'Invalid per_page value. Must be between 1 and 100.'],
      ['per_page=101', 'Invalid per_page value. Must be between 1 and 100.'],
      ['cursor=x', 'Invalid cursor parameter.'],
      ['cursor=no:no:no', 'Invalid cursor parameter.'],
      ['cursor=1:0', 'Invalid cursor parameter.'],
      ['cursor=1:0:0:0', 'Invalid cursor parameter.'],
      ['cursor=100:-1:1', 'Pagination offset cannot be negative'],
    ] as const) {
      for (const path of [`/organizations/`, `/organizations/${'{org}'}/teams/`]) {
        it(`[1.2] ${path}?${query} is 400 ${message}`, async () => {
          assert.deepEqual(answerOf(await asOwner('GET', `${path.replace('{org}', org.slug)}?${query}`)), [400, { detail: message }]);
        });
      }
    }

    it('[1.2] both links exist even without another page, absolute and in the exact format', async () => {
      const { headers } = await asOwner('GET', `/organizations/${org.slug}/teams/`);
      const url = `${server.url}/api/0/organizations/${org.slug}/teams/?&cursor=`;
      const previous = `<${url}100:-1:1>; rel="previous"; results="false"; cursor="100:-1:1"`;
      assert.equal(headers.get('link'), `${previous}, <${url}100:1:0>; rel="next"; results="false"; cursor="100:1:0"`);
      assert.equal(headers.get('x-hits'), null);
    });

    it('[1.2] an empty cursor counts as none, and links keep the other query parameters', async () => {
      const { status, headers } = await asOwner('GET', `/organizations/${org.slug}/teams/?per_page=7&cursor=&detailed=0`);
      assert.equal(status, 200);
      const url = `${server.url}/api/0/organizations/${org.slug}/teams/?per_page=7&detailed=0&cursor=7:1:0`;
      assert.match(headers.get('link')!, new RegExp(`<${url.replaceAll('?', '\\?')}>; rel="next"`));
    });

    it('[1.2] an offset page begins at offset times value, and the next one follows the page size', async () => {
      const slugs = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter}-page`);
      for (const slug of slugs) await asOwner('POST', `/organizations/${org.slug}/teams/`, { body: { slug } });
      for (const [query, found, previous, next] of [
        ['per_page=2', slugs.slice(0, 2), 'false', 'true'],
        ['per_page=2&cursor=2:1:0', slugs.slice(2, 4), 'true', 'true'],
        ['per_page=2&cursor=2:2:0', slugs.slice(4), 'true', 'false'],
        ['per_page=2&cursor=2:0:1', slugs.slice(0, 2), 'false', 'true'],
        ['per_page=2&cursor=3:1:0', slugs.slice(3), 'true', 'false'],
        ['per_page=2&cursor=0:1:0', slugs.slice(0, 2), 'true', 'true'],
        ['cursor=1000:1:0', [], 'true', 'false'],
      ] as const) {
        const { body, headers } = await asOwner('GET', `/organizations/${org.slug}/teams/?${query}`);
        assert.deepEqual(
          body.map(({ slug }: { slug: string }) => slug),
          found,
          query,
        );
        const ends = [...headers.get('link')!.matchAll(/results="(true|false)"/g)].map(([, results]) => results);
        assert.deepEqual(ends, [previous, next], query);
      }
    });

    it('[1.2] date pages of organizations created in the same millisecond show each of them once, in both directions', async () => {
      const maker = await aPerson(server);
      const made: string[] = [];
      for (let count = 0; count < 5; count++) made.push((await anOrganizationOf(server, maker)).id);
      await server.services.db
        .updateTable('organizations')
        .set({ date_created: '2026-01-01T00:00:00.000500Z' })
        .where('id', 'in', made)
        .execute();
      const turn = async (cursor: string) => {
        const { body, headers } = await server.request('GET', `/api/0/organizations/?per_page=2&cursor=${cursor}`, { token: maker.token });
        const [previous, next] = [...headers.get('link')!.matchAll(/results="(true|false)"; cursor="([^"]+)"/g)];
        return { ids: body.map(({ id }: { id: string }) => id), previous: previous!, next: next! };
      };
      const forth = [await turn('')];
      while (forth.at(-1)!.next[1] === 'true') forth.push(await turn(forth.at(-1)!.next[2]!));
      assert.deepEqual(
        forth.flatMap(({ ids }) => ids),
        made.toReversed(),
      );
      assert.equal(forth[0]!.previous[1], 'false');
      const back = await turn(forth.at(-1)!.previous[2]!);
      assert.deepEqual(back.ids, forth[1]!.ids);
    });
  });

  describe('other pages of a browser', () => {
    const exposed = 'X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link';

    for (const [origin, allowed] of [
      [null, '*'],
      ['https://app.example.com', 'https://app.example.com'],
      ['https://evil-app.example.com', null],
      ['https://app.example.com.evil.example', null],
      ['http://app.example.com', null],
      ['https://app.example.com:8443', null],
      ['null', null],
    ] as const) {
      for (const method of ['OPTIONS', 'GET'] as const) {
        it(`[1.4] [S-18] [V3.4.2] ${method} of origin ${origin} is allowed for ${allowed ?? 'no origin'}`, async () => {
          const { headers } = await asOwner(method, '/organizations/', { headers: origin === null ? {} : { Origin: origin } });
          assert.equal(headers.get('access-control-allow-origin'), allowed);
          assert.equal(headers.get('access-control-allow-credentials'), origin !== null && allowed === origin ? 'true' : null);
          assert.match(headers.get('vary') ?? '', /Origin/);
        });
      }
    }

    it('[1.4] every response has CORS headers, including rejections', async () => {
      const headers = { Origin: 'https://app.example.com' };
      for (const answer of [
        await asOwner('GET', `/organizations/${org.slug}/`, { headers }),
        await asOwner('GET', '/organizations/no-such-organization/', { headers }),
        await server.request('GET', `/api/0/organizations/${org.slug}/`, { headers }),
        await asOwner('PATCH', `/organizations/${org.slug}/`, { headers }),
      ]) {
        assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, PUT, DELETE, HEAD, OPTIONS');
        assert.equal(answer.headers.get('allow'), 'GET, PUT, DELETE, HEAD, OPTIONS');
        assert.equal(answer.headers.get('access-control-expose-headers'), exposed);
      }
      const written = await update({ name: `Org ${nextNumber()}` });
      assert.equal(written.headers.get('access-control-expose-headers'), `${exposed}, X-Org-Revision`);
    });
  });

  describe('credentials', () => {
    const refusal = (detail: string) => [401, { detail }] as const;
    for (const [authorization, detail] of [
      [null, 'Authentication credentials were not provided.'],
      ['Digest abc', 'Authentication credentials were not provided.'],
      ['Bearer', 'Invalid token header. No credentials provided.'],
      ['bearer   ', 'Invalid token header. No credentials provided.'],
      ['Bearer a b', 'Invalid token header. Token string should not contain spaces.'],
      ['Bearer no-such-token', 'Invalid token'],
      ['BEARER no-such-token', 'Invalid token'],
      [`Bearer ${'0'.repeat(64)}`, 'Invalid token'],
      [`Bearer sntryu_${'0'.repeat(64)}`, 'Invalid token'],
      ['Bearer sntrys_x', 'Invalid org token'],
      [`Basic ${btoa('no-such-key:')}`, 'API key is not valid'],
      [`Basic ${btoa('user:password')}`, 'Authentication credentials were not provided.'],
    ] as const) {
      it(`[2] ${authorization} is 401 ${detail}`, async () => {
        const headers = authorization === null ? {} : { Authorization: authorization };
        for (const path of [`/organizations/`, `/organizations/${org.slug}/`, '/organizations/no-such-organization/']) {
          const answer = await server.request('GET', `/api/0${path}`, { headers });
          assert.deepEqual(answerOf(answer), refusal(detail), path);
          assert.equal(answer.headers.get('www-authenticate'), 'xBasic realm="api"');
        }
      });
    }

    it('[2] an expired token and a token of a disabled user get an error that names the reason', async () => {
      const person = await aPerson(server);
      const { body } = await server.operate('POST', `/users/${person.userId}/tokens/`, {
        scopes: ['org:read'],
        expiresAt: '2020-01-01T00:00:00Z',
      });
      const send = (token: string) => server.request('GET', '/api/0/organizations/', { token });
      assert.deepEqual(answerOf(await send(body.token)), refusal('Token expired'));
      await server.operate('PUT', `/users/${person.userId}/`, { isActive: false });
      assert.deepEqual(answerOf(await send(person.token)), refusal('User inactive or deleted'));
    });

    it('[2] [5.4] a user token that is bound to an organization works only for that organization, and lists no other', async () => {
      const other = await anOrganizationOf(server, owner);
      const { body } = await server.operate('POST', `/users/${owner.userId}/tokens/`, {
        scopes: ['org:read', 'org:write'],
        organization: org.slug,
      });
      const send = (method: string, path: string) => server.request(method, `/api/0${path}`, { token: body.token });
      for (const path of [`/organizations/${org.slug}/`, `/organizations/${org.id}/`])
        assert.equal((await send('GET', path)).status, 200, path);
      assert.deepEqual(answerOf(await send('GET', `/organizations/${other.slug}/`)), refusal('Unauthorized organization access.'));
      for (const query of ['', '?sortBy=members', '?query=status:active']) {
        const listed = (await send('GET', `/organizations/${query}`)).body;
        assert.deepEqual(
          listed.map(({ id }: { id: string }) => id),
          [org.id],
          query,
        );
      }
      const owned = (await send('GET', '/organizations/?owner=1')).body;
      assert.deepEqual(
        owned.map(({ organization }: { organization: { id: string } }) => organization.id),
        [org.id],
      );
      const elsewhere = refusal('This token access is limited to organization endpoints.');
      assert.deepEqual(answerOf(await send('GET', '/projects/')), elsewhere);
      assert.deepEqual(answerOf(await send('POST', '/organizations/')), elsewhere);
    });

    it('[2] an organization token gets 404 on every path with a member, including `me`, because it has no user', async () => {
      const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, {
        name: `token ${nextNumber()}`,
        scopes: ['org:admin', 'member:admin', 'team:admin'],
      });
      const missing = { detail: 'The requested resource does not exist' };
      for (const member of ['me', owner.memberId]) {
        const answer = await server.request('GET', `/api/0/organizations/${org.slug}/members/${member}/`, { token: body.token });
        assert.deepEqual(answerOf(answer), [404, missing]);
      }
    });

    it('[3.1] [V8.2.1] scopes are checked before the organization is read, and its rights after that', async () => {
      const denied = { detail: 'You do not have permission to perform this action.' };
      const narrow = await aPerson(server, { scopes: ['member:read'] });
      const outsider = await aPerson(server);
      const send = (by: Person, slug: string) => server.request('GET', `/api/0/organizations/${slug}/`, { token: by.token });
      assert.deepEqual(answerOf(await send(narrow, 'no-such-organization')), [403, denied]);
      assert.deepEqual(answerOf(await send(outsider, 'no-such-organization')), [404, { detail: 'The requested resource does not exist' }]);
      assert.deepEqual(answerOf(await send(outsider, org.slug)), [403, denied]);
    });
  });
});
