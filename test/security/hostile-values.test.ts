import assert from 'node:assert/strict';
import http from 'node:http';
import type { OperatorRoute } from '../../server/src/http/operator/operator-route.ts';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import type { Route } from '../../server/src/http/route.ts';
import { routes } from '../../server/src/http/routes.ts';
import { isEventStream } from '../support/is-event-stream.ts';
import { aPerson, type Person } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { anOwnerAccount, aWholeOrganization, type WholeOrganization } from './whole-organization.ts';
import { namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

/** VALUES sets how many of the values each field receives, up to rounding. */
const valueCount = Number(process.env.VALUES ?? 3);
/** Concurrent requests: enough to keep the server busy. */
const hands = 16;

const names = [
  ...['%00', 'a%00b', '%ED%A0%80', '%F0%9F%98%80', '%0d%0a', '__proto__', 'constructor', '0', '-1', '1e15', '9'.repeat(18), '9'.repeat(19)],
  ...['9'.repeat(400), 'x'.repeat(5_000), '%25', '..%2f', 'NaN', '0000-01-01', '%27', '%5c'],
];

const dates = [
  ...['0000-01-01', '0000-12-31T23:59:59Z', '0001-01-01', '0001-01-01T00:00:00+14:00', '9999-12-31', '9999-12-31T23:59:59-14:00'],
  ...[
    '2020-02-30',
    '2020-13-01',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:00:60Z',
    '2020-01-01T00:00:00+99:99',
    '10000-01-01',
    '+010000-01-01',
  ],
];

const queryNames = [
  ...['start', 'end', 'statsPeriod', 'actor', 'event', 'query', 'cursor', 'per_page', 'sortBy', 'owner', 'detailed', 'email', 'seconds'],
  ...['audience', 'scope', 'team', 'project', 'userId', 'options', 'collapse', 'expand', 'all_projects', 'include_feature_flags', 'next'],
];
const queryValues = [
  ...names,
  ...dates.map(encodeURIComponent),
  ...[
    '999999999d',
    '9999999999w',
    '-1d',
    '9:9:9',
    '999999999999999:999999999999999:1',
    '-999999999999999:0:1',
    '0:-999999999999999:0',
    '8640000000000001:1:1',
  ],
  ...[
    'a:b%20'.repeat(2_000),
    Array.from({ length: 2_500 }, (_, n) => `k${n}:x`)
      .join('%20')
      .slice(0, 15_000),
    '%22'.repeat(4_000),
    '('.repeat(10_000),
  ],
  ...['id:%00', 'id:9999999999999999999', 'email:%00', 'user.id:x', 'role:%00%20scope:%00', 'ssoLinked:x%20has2fa:x%20isInvited:x'],
];

const headers: readonly Readonly<Record<string, string>>[] = [
  { 'Idempotency-Key': '\u00ff\u0080' },
  { 'Idempotency-Key': 'k'.repeat(255) },
  { 'If-Match': `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}.${'9'.repeat(400)}` },
  { 'If-Match': '\u00ff.1' },
  { 'User-Agent': '\u00ff'.repeat(10_000) },
  { 'X-Forwarded-For': '1,'.repeat(5_000) },
  { 'X-Forwarded-For': '::ffff:999.1.1.1, \u00ff' },
  { Cookie: `${'a=b; '.repeat(2_500)}` },
  { Cookie: 'rollcall_session=%00; rollcall_session=%ED%A0%80' },
  { Origin: 'null' },
  { Accept: `*/*;q=${'9'.repeat(5_000)}` },
  { 'If-None-Match': `${'"",'.repeat(4_000)}` },
  { Range: `bytes=${'0-1,'.repeat(2_000)}` },
];

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
/** Values in JSON. */
const values = [
  ...[
    'null',
    'true',
    '0',
    '-0',
    '1e15',
    '1e308',
    '1e999',
    '-1',
    '9'.repeat(400),
    `0.${'1'.repeat(1_000)}`,
    '9007199254740993',
    '2147483648',
  ],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u202e"',
    '[]',
    '{}',
    '[null]',
    '[{}]',
    '[[]]',
    '["\\u0000"]',
    '["\\ud800"]',
  ],
  ...[
    '{"__proto__":{"a":1}}',
    '{"\\u0000":"\\u0000"}',
    '{"a":{"b":{"c":[1]}}}',
    '{"toString":1,"length":-1}',
    '[{"name":"\\u0000","publicKey":"x"}]',
  ],
  ...[JSON.stringify('x'.repeat(20_000)), JSON.stringify(Array.from({ length: 2_000 }, () => 'a')), nested(60)],
  ...dates.map((date) => JSON.stringify(date)),
];

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

describe('hostile values', function () {
  this.timeout(180_000);
  let server: TestServer;
  let org: WholeOrganization;
  /** The target of the operator's routes, so that the owner stays unchanged. */
  let subject: Person;
  const agent = new http.Agent({ keepAlive: true, maxSockets: hands });

  before(async () => {
    const unlimited = { RATE_LIMIT_PER_CREDENTIAL: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000', RATE_LIMIT_CONCURRENT: '1000000' };
    server = await startServer({ LOG_LEVEL: 'silent', TRUSTED_PROXIES: 'loopback', ...unlimited });
    org = await aWholeOrganization(server, await anOwnerAccount(server));
    subject = await aPerson(server);
  });
  after(async () => {
    agent.destroy();
    await server?.stop();
  });

  /**
   * Yields values at equal distances. Each call starts at another value, so that the fields
   * together receive all values.
   */
  let sampled = 0;
  const sampleOf = <T>(all: readonly T[]) => {
    const distance = Math.ceil(all.length / valueCount);
    const first = sampled++ % distance;
    return all.filter((_, index) => index % distance === first);
  };

  const good = (path: string, parameter: string): string => {
    if (parameter === 'user') return subject.userId;
    // Uses the id where one exists, because some of the values are valid slugs.
    const [name, id] = namesOf(org, path, parameter);
    return ['org', 'team', 'project'].includes(parameter) ? (id ?? name!) : name!;
  };
  const fill = (base: string, path: string, own: Readonly<Record<string, string>> = {}) =>
    `${base}${path.replace(/:(\w+)/g, (_, parameter: string) => own[parameter] ?? encodeURIComponent(good(path, parameter)))}`;

  interface Target {
    readonly base: string;
    readonly route: Route | OperatorRoute;
    /** The credential of a permitted caller. */
    readonly credential: Readonly<Record<string, string>>;
  }

  function targets(): Target[] {
    const session = { Cookie: org.owner.cookie, Origin: server.url };
    const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
    return [
      ...routes.map((route) => ({ base: '/api/0', route, credential: route.callers === 'session' ? session : bearer(org.owner.token) })),
      ...operatorRoutes.map((route) => ({ base: '/api/operator', route, credential: bearer(server.operatorToken) })),
    ];
  }

  /** Sends all calls and returns those with a server error as the response. */
  async function faultsOf(calls: readonly Call[]): Promise<string[]> {
    const faults: string[] = [];
    const left = [...calls];
    const hand = async () => {
      for (let call = left.pop(); call; call = left.pop()) {
        const { status, text } = await send(call);
        if (status >= 500)
          faults.push(
            `${call.method} ${call.path.slice(0, 200)} ${JSON.stringify(call.headers ?? {}).slice(0, 200)} ${call.body?.slice(0, 200) ?? ''}: ${status} ${text}`,
          );
      }
    };
    await Promise.all(Array.from({ length: hands }, hand));
    assert.ok(calls.length > 50, 'no calls were made');
    console.log(`      ${calls.length} requests`);
    return faults;
  }

  function send({ method, path, headers: own = {}, body }: Call): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
      const request = http.request(server.url, {
        method,
        path,
        headers: { ...own, ...length },
        agent,
        maxHeaderSize: 128 * 1024,
        timeout: 20_000,
      });
      request.on('timeout', () => request.destroy(new Error(`no response: ${method} ${path.slice(0, 200)}`)));
      request.on('error', reject);
      request.on('response', (response) => {
        const type = response.headers['content-type'] ?? null;
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
          if (isEventStream(type)) response.destroy();
        });
        response.on('close', () => isEventStream(type) && resolve({ status: response.statusCode!, text }));
        response.on('end', () => resolve({ status: response.statusCode!, text: text.slice(0, 300) }));
      });
      request.end(body);
    });
  }

  it('[H-49] [V1.2.4] cause no server error in a path, on any route', async () => {
    const calls = targets().flatMap(({ base, route: { method, path }, credential }) =>
      parametersOf(path).flatMap((parameter) =>
        sampleOf(names).map((name) => ({ method, path: fill(base, path, { [parameter]: name }), headers: credential })),
      ),
    );
    const pages = ['/accept/:member/:token/', '/organization-avatar/:uuid/', '/login/:x/', '/assets/:file', '/pages/:file', '/:x'];
    const ofPages = pages.flatMap((path) => names.map((name) => ({ method: 'GET', path: path.replace(/:\w+/g, name) })));
    assert.deepEqual(await faultsOf([...calls, ...ofPages]), []);
  });

  it('[H-49] [V15.3.7] cause no server error in a query, on any route', async () => {
    const calls = targets()
      .filter(({ route }) => route.method === 'GET')
      .flatMap(({ base, route: { path, metadata }, credential }) => {
        const own = Object.keys(metadata.query?.shape ?? {});
        const asked = [...new Set([...own, ...(path.includes('/audit-logs/') ? queryNames : ['query', 'cursor', 'per_page'])])];
        return asked.flatMap((name) =>
          sampleOf(queryValues).map((value) => ({
            method: 'GET',
            path: `${fill(base, path)}?${name}=${value}`,
            headers: credential,
          })),
        );
      });
    assert.deepEqual(await faultsOf(calls), []);
  });

  it('[H-49] cause no server error in headers, on any route', async () => {
    const calls = targets()
      .filter(({ route: { method } }) => method !== 'DELETE')
      .flatMap(({ base, route: { method, path }, credential }) =>
        sampleOf(headers).map((own) => ({ method, path: fill(base, path), headers: { ...credential, ...own } })),
      );
    assert.deepEqual(await faultsOf(calls), []);
  });

  it('[H-49] [V2.2.1] [V15.3.5] cause no server error in a body, in any field of any route', async () => {
    const calls = targets().flatMap(({ base, route: { method, path, metadata }, credential }) => {
      const row = writingRoutes[`${method} ${path}`];
      const rest = typeof row === 'function' ? ((row(org).body ?? {}) as object) : {};
      return Object.keys(metadata.body?.shape ?? {}).flatMap((field) =>
        sampleOf(values).map((value) => {
          const others = Object.entries(rest).filter(([key]) => key !== field);
          const fields = [
            ...others.map(([key, other]) => `${JSON.stringify(key)}:${JSON.stringify(other)}`),
            `${JSON.stringify(field)}:${value}`,
          ];
          return { method, path: fill(base, path), headers: credential, body: `{${fields.join(',')}}` };
        }),
      );
    });
    assert.deepEqual(await faultsOf(calls), []);
    const own = await server.request('GET', `/api/0/organizations/${org.id}/`, { token: org.owner.token });
    assert.equal(own.status, 200, 'the requests were not those of the owner to the end');
  });

  it('[H-49] [V1.4.2] cause an error for a date that neither PostgreSQL nor JavaScript can store', async () => {
    const { token } = org.owner;
    const list = (query: string) => server.request('GET', `/api/0/organizations/${org.id}/audit-logs/?${query}`, { token });
    for (const date of ['0000-01-01', '0000-12-31T23:59:59', '9999-12-31T23:59:59-14:00'].map(encodeURIComponent)) {
      for (const key of ['start', 'end']) assert.equal((await list(`${key}=${date}`)).status, 400, `${key}=${date}`);
    }
    assert.equal((await list('start=0001-01-02&end=9999-12-29')).status, 200);
    for (const expiresAt of ['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00Z']) {
      const { status, body } = await server.operate('POST', `/users/${subject.userId}/tokens/`, { scopes: ['org:read'], expiresAt });
      assert.deepEqual([status, Object.keys(body)], [400, ['expiresAt']], expiresAt);
    }
  });

  it('[H-49] find nothing for a name with NUL, also as the operator', async () => {
    const calls = operatorRoutes.filter(({ path }) => path.includes('/:'));
    for (const { method, path } of calls) {
      const { status } = await server.operate(method, path.replace(/:\w+/g, '%00'), method === 'GET' ? undefined : {});
      assert.equal(status, 404, `${method} ${path}`);
    }
  });

  it('[H-49] cause an error that names the unknown key of a body of the operator API', async () => {
    const user = await server.operate('POST', '/users/', { email: 'unknown-key@example.com', nmae: 'A name', __proto: 1 });
    assert.deepEqual([user.status, user.body], [400, { nmae: ['This field is unknown.'], __proto: ['This field is unknown.'] }]);
    for (const { method, path } of operatorRoutes.filter(({ method: asked, metadata }) => asked !== 'GET' && !metadata.bodyType)) {
      const { status, body } = await server.operate(method, fill('', path), { surprise: 1 });
      assert.deepEqual([status, Object.keys(body)], [400, ['surprise']], `${method} ${path}`);
    }
  });
});
