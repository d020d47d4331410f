import { orgRoleIds } from '../../protocol/src/index.ts';
import type { Route } from '../../server/src/http/route.ts';
import { routes } from '../../server/src/http/routes.ts';
import type { SeededRandom } from '../support/seeds.ts';
import type { WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

/**
 * A request that no well-behaved program sends. It is rejected regardless of the caller's rights.
 */
export interface HostileRequest {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The contract ignores unknown query parameters. */
  readonly mayBeAnswered?: boolean;
}

type Kind = (target: Target, random: SeededRandom) => Omit<HostileRequest, 'kind'>;

/** A route with existing names, and the credential of a permitted caller. */
interface Target {
  readonly route: Route;
  readonly org: WholeOrganization;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const json = { 'Content-Type': 'application/json' };
const long = 'x'.repeat(10_000);

const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
const utf8 = (...bytes: number[]) => Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);

const unparsable: readonly (string | Buffer)[] = [
  '{',
  '{"name":',
  "{'name':'x'}",
  '{"a":1,}',
  'NaN',
  '[1,2',
  '{"a":01}',
  '"\u0000"',
  '{"__proto__":{"a":1}',
  '<xml/>',
  `{"a":"${'x'.repeat(5_000)}`,
  utf8(0x0a),
  nested(10_000),
  nested(66),
  `{"a":${'['.repeat(10_000)}`,
];

/** Values that no field accepts. */
const poisons: readonly string[] = [
  '{"x":1}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{}}}',
  '[{"x":[{}]}]',
  '[[[]]]',
  JSON.stringify(long),
  JSON.stringify([long]),
  '"\\ud83d"',
  '"a\\u0000b"',
  '["\\udc00"]',
  JSON.stringify(Array.from({ length: 2_000 }, () => ({}))),
];

const noNames: readonly string[] = [
  '%00',
  'a%00b',
  '%ED%A0%80',
  "'%20OR%20'1'='1",
  '1;DROP%20TABLE%20users;--',
  '%0d%0aSet-Cookie:%20a=b',
  '..%2f..%2f..%2fetc%2fpasswd',
  '99999999999999999999999999',
  '-1',
  '0',
  '9223372036854775807',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
  '%F0%9F%98%80',
  '$%7Bjndi%7D',
  'null',
  'NaN',
  '1e309',
];
const malformedNames: readonly string[] = ['%', '%zz', '%C0%AF', '%E0%80', '%ff'];

const badAuthorizations: readonly string[] = [
  'Bearer',
  'Bearer a b',
  'bEaReR  sntryu_x',
  `Bearer ${'0'.repeat(64)}`,
  `Bearer sntryu_${'f'.repeat(64)}`,
  `Bearer rcsvc_${'f'.repeat(64)}`,
  `Bearer sntrys_${'e30='.repeat(100)}`,
  'Bearer eyJhbGciOiJub25lIn0.e30.',
  `Bearer ${long}`,
  "Bearer ' OR 1=1 --",
  'Basic',
  'Basic !!!!',
  'Basic eDo=',
];
const badCookies: readonly string[] = [
  'rollcall_session',
  'rollcall_session=',
  'rollcall_session=%',
  `rollcall_session=${long}`,
  'rollcall_session="; rollcall_session=x',
  '=;=;=;;;',
  '__proto__=x; rollcall_session=%E0%A4%A',
];

const badPages: readonly string[] = [
  ...['x', '1:2', 'a:b:c', '0:-1:0', '100:99999999999999999999:0', '9e999:0:0', '99999999999999999999:0:0', '100:9007199254740991:0'],
  ...['8640000000000001:0:0', '100:1e3:0', '%00', '1:2:3:4', '0x10:0:0', '%E2%88%9E:0:0'],
]
  .map((cursor) => `cursor=${cursor}`)
  .concat(['0', '-1', '101', '1e9', 'x', '%00', '9'.repeat(400)].map((size) => `per_page=${size}`));
const oddValues = ['%00', '%ED%A0%80', '%', '99999999999999999999', '"""', 'a:b%20'.repeat(500), "'--", '[]', '%0d%0aX:y', 'constructor:x'];
const parameters = ['query', 'event', 'actor', 'user', 'id', 'team', 'project', 'status', 'sortBy', 'expand', 'scopes', 'on', '__proto__'];
/** Lists without pages have no cursor that could be invalid. */
const inPages = /^(\/organizations\/|\/projects\/|.*\/(members|invite-requests|teams|projects|keys|audit-logs)\/)$/;
const withoutPages = new Set(['/projects/:org/:project/members/']);
const badRevisions: readonly string[] = ['garbage', '1.x', '"*"', '9'.repeat(40), 'W/"1"', '1.-1', '0x1.1', `${long}.1`];

/** Body fields of a user's own account, which the table of pushing routes does not contain. */
const ownFields: Readonly<Record<string, readonly string[]>> = {
  'POST /auth/login/': ['username', 'password', 'otp', 'passkey'],
  'POST /auth/register/': ['email', 'password', 'name'],
  'PUT /auth/': ['password', 'otp', 'passkey'],
  'POST /auth/logout-all/': ['endTokens'],
  'DELETE /auth/sessions/:session/': ['endTokens'],
  'PUT /auth/password/': ['password', 'newPassword', 'endTokens'],
  'POST /auth/authenticators/totp/confirm/': ['setup', 'code'],
  'POST /auth/authenticators/webauthn/confirm/': ['name', 'passkey'],
  'PUT /auth/authenticators/webauthn/:passkey/': ['name'],
  'POST /auth/passkey/login/': ['passkey'],
  'POST /auth/emails/': ['email'],
  'POST /auth/emails/remove/': ['id', 'token', 'endTokens'],
  'POST /auth/emails/verify/': ['id', 'token'],
  'PUT /auth/emails/:email/': ['isPrimary', 'password'],
  'POST /auth/password-reset/': ['email'],
  'POST /auth/password-reset/confirm/': ['id', 'token', 'password', 'endTokens'],
  'POST /api-tokens/': ['scopes'],
  'DELETE /api-tokens/': ['tokenId'],
  'POST /organizations/': ['name', 'slug'],
  'POST /organizations/:org/reinstate-members/': ['members'],
};
const settings = ['name', 'slug', 'isEarlyAdopter', 'openMembership', 'sensitiveFields', 'relayPiiConfig', 'trustedRelays', 'defaultRole'];

const withBody = (target: Target, headers: Readonly<Record<string, string>>, body: string | Buffer) => ({
  method: target.route.method,
  path: target.path,
  headers: { ...target.headers, ...headers },
  body,
});
const bare = (target: Target, path: string, method: string = target.route.method) => ({ method, path, headers: target.headers });

const kinds: Readonly<Record<string, Kind>> = {
  'a body that is no JSON': (target, random) => withBody(target, json, random.pick(unparsable)),
  'a body of another type': (target, random) =>
    withBody(
      target,
      {
        'Content-Type': random.pick(['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'x', 'application/json2', '*/*']),
      },
      '{"name":"x"}',
    ),
  'an unknown charset or encoding': (target, random) =>
    withBody(
      target,
      random.pick([
        { 'Content-Type': 'application/json; charset=klingon' },
        { ...json, 'Content-Encoding': 'gzip' },
        { ...json, 'Content-Encoding': 'zstd-of-mars' },
        { ...json, 'Content-Encoding': 'br' },
      ]),
      '{"name":"x"}',
    ),
  'an unknown credential': (target, random) => {
    const { Authorization: _, Cookie: __, ...headers } = target.headers;
    return { ...bare(target, target.path), headers: { ...headers, Authorization: random.pick(badAuthorizations) } };
  },
  'a broken cookie': (target, random) => {
    // An unknown credential belongs to no user, and some routes accept every caller.
    if (target.route.callers === 'anyone') return withBody(target, json, '{');
    const { Authorization: _, Cookie: __, ...headers } = target.headers;
    return { ...bare(target, target.path), headers: { ...headers, Cookie: random.pick(badCookies) } };
  },
  'a method that the path has not': (target, random) =>
    bare(target, target.path, random.pick(['PATCH', 'TRACE', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'SEARCH', 'M-SEARCH', 'REPORT'])),
  'a path that is none': (target, random) =>
    bare(
      target,
      random.pick([
        target.route.path === '/' ? '/api/00' : target.path.slice(0, -1),
        `${target.path}${random.pick(noNames)}`,
        `/api/0/${random.pick(noNames)}/`,
        `/${random.pick(noNames)}`,
        `/api/0${'/a'.repeat(3_000)}/`,
        `/api/1${target.path.slice(6)}`,
        `${target.path.replace('/api/', '//api//')}`,
        target.path.toUpperCase(),
        `/api/0/${random.pick(malformedNames)}/`,
      ]),
    ),
  'an Idempotency-Key beyond all length': (target) => ({
    ...bare(target, target.path),
    headers: { ...target.headers, 'Idempotency-Key': 'k'.repeat(256) },
  }),
  'a name of nothing': (target, random) => {
    const parameters = parametersOf(target.route.path);
    if (parameters.length === 0) return bare(target, `/api/0/${random.pick(noNames)}/`);
    const bad = random.pick(parameters);
    const name = random.pick([...noNames, ...malformedNames]);
    const path = `/api/0${target.route.path.replace(/:(\w+)/g, (_, parameter: string) => (parameter === bad ? name : goodName(target, parameter)))}`;
    return bare(target, path);
  },
  'a page that is none': (target, random) => {
    const { method, path } = target.route;
    if (method !== 'GET' || !inPages.test(path) || withoutPages.has(path)) return withBody(target, json, '[');
    return bare(target, `${target.path}?${random.pick(badPages)}`);
  },
  'an odd query': (target, random) => {
    if (target.route.method !== 'GET') return withBody(target, json, '"');
    const query = Array.from({ length: 3 }, () => `${random.pick(parameters)}=${random.pick(oddValues)}`).join('&');
    return { ...bare(target, `${target.path}?${query}`), mayBeAnswered: true };
  },
  'a revision that is none': (target, random) => {
    const body = goodBodyOf(target);
    if (!body) return withBody(target, json, '{');
    return withBody(target, { ...json, 'If-Match': random.pick(badRevisions) }, JSON.stringify(body));
  },
  'one wrong field among good ones': (target, random) => {
    const body = goodBodyOf(target);
    if (!body) return withBody(target, json, '}');
    const wrong = random.pick(Object.keys(body));
    const fields = Object.entries(body).map(
      ([key, value]) => `${JSON.stringify(key)}:${key === wrong ? random.pick(poisons) : JSON.stringify(value)}`,
    );
    return withBody(target, json, `{${fields.join(',')}}`);
  },
  'a field of a wrong type': (target, random) => {
    const route = `${target.route.method} ${target.route.path}`;
    const fields = fieldsOf(route, target.org);
    if (fields.length === 0) return withBody(target, json, '{');
    const poison = (field: string) => `${JSON.stringify(field)}:${random.pick(poisons)}`;
    const duplicate = random.chance(0.2) ? `${JSON.stringify(fields[0])}:"twice",` : '';
    return withBody(target, json, `{${duplicate}${fields.map(poison).join(',')}}`);
  },
};

/** The valid body, of which a test changes one part. */
function goodBodyOf({ route, org }: Target): Readonly<Record<string, unknown>> | null {
  const row = writingRoutes[`${route.method} ${route.path}`];
  return typeof row === 'function' && route.method !== 'DELETE' ? ((row(org).body as Record<string, unknown> | undefined) ?? null) : null;
}

function fieldsOf(route: string, org: WholeOrganization): readonly string[] {
  if (route === 'PUT /organizations/:org/') return settings;
  const row = writingRoutes[route];
  const body = typeof row === 'function' ? row(org).body : undefined;
  return ownFields[route] ?? Object.keys((body ?? {}) as object);
}

const goodName = ({ route, org }: Pick<Target, 'route' | 'org'>, parameter: string) => namesOf(org, route.path, parameter)[0]!;

/** Requests of each kind on each route, as often as `count` allows, from one seed. */
export function* hostileRequests(count: number, random: SeededRandom, org: WholeOrganization): Generator<HostileRequest> {
  const names = Object.keys(kinds);
  for (let number = 0; number < count; number++) {
    const route = routes[number % routes.length]!;
    const kind = random.pick(names);
    yield { kind, ...kinds[kind]!(aim(route, org, random), random) };
  }
}

/**
 * Most requests come from the owner, whose rights reach furthest. Others come from other callers.
 */
function aim(route: Route, org: WholeOrganization, random: SeededRandom): Target {
  const params = Object.fromEntries(parametersOf(route.path).map((name) => [name, goodName({ route, org }, name)]));
  const token = random.chance(0.8) ? org.owner.token : org.people[random.pick(orgRoleIds)].token;
  const isOwn = route.path.startsWith('/auth/') || route.path.startsWith('/api-tokens/');
  return {
    route,
    org,
    path: fillIn(route.path, params),
    headers: {
      ...(isOwn ? { Cookie: org.owner.cookie } : { Authorization: `Bearer ${token}` }),
      // The limits on guessing are not under test here.
      'X-Forwarded-For': `10.${random.int(256)}.${random.int(256)}.${random.int(256)}`,
    },
  };
}
