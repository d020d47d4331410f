import assert from 'node:assert/strict';
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { parseConfig } from '../../../server/src/config.ts';
import { defaultTokenRules } from '../../../server/src/identity/tokens/token-rules.ts';
import { TrustedIssuer } from '../../../server/src/identity/tokens/trusted-issuer.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('tokens of a trusted issuer', () => {
  let issuer: TestIssuer;
  let server: TestServer;
  let person: Person;

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, issuer.environment);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    person = await aPerson(server);
  });

  const claimsOf = ({ email, userId }: Person) => ({ sub: `at-the-issuer-${userId}`, email, email_verified: true });
  const readMe = (token: string) => server.request('GET', '/api/0/users/me/', { token });
  /** @param reason the `error_description` of `WWW-Authenticate` */
  const isInvalid = async (token: string, why: string, reason?: string) => {
    const { status, body, headers } = await readMe(token);
    assert.deepEqual([status, body], [401, { detail: 'Invalid token' }], why);
    if (reason !== undefined) assert.equal(headers.get('www-authenticate'), challengeOf(reason), why);
  };
  const challengeOf = (reason: string) => `xBasic realm="api", Bearer realm="api", error="invalid_token", error_description="${reason}"`;

  it('identify the user who has verified the address, over REST and on a socket', async () => {
    const token = await issuer.sign(claimsOf(person));
    assert.equal((await readMe(token)).body.id, person.userId);
    const made = await server.request('POST', '/api/0/organizations/', { token, body: { name: `Org ${nextNumber()}` } });
    assert.equal(made.status, 201);
    const replica = await WireReplica.open(server.url, token, made.body.slug);
    assert.equal(replica.state.organization?.id, made.body.id);
    replica.close();
    assert.equal((await readMe(person.token)).body.id, person.userId, 'the server’s own tokens stay valid');
  });

  it('do not count as sessions: they create no tokens, and need no recent login', async () => {
    const token = await issuer.sign(claimsOf(person));
    assert.equal((await server.request('POST', '/api/0/api-tokens/', { token, body: { scopes: ['org:read'] } })).status, 403);
    const org = await anOrganizationOf(server, person);
    assert.equal((await server.request('DELETE', `/api/0/organizations/${org.slug}/`, { token })).status, 202);
  });

  it('[H-20] identify the same caller for an Idempotency-Key after a refresh, but not with other scopes', async () => {
    const org = await anOrganizationOf(server, person);
    const create = (token: string) =>
      server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
        token,
        body: { name: 'Once' },
        headers: { 'Idempotency-Key': `refreshed-${org.id}` },
      });
    const first = await create(await issuer.sign(claimsOf(person)));
    assert.equal(first.status, 201);
    const second = await create(await issuer.sign(claimsOf(person), { expiresInSeconds: 600 }));
    assert.deepEqual([second.status, second.body], [201, first.body]);
    const minted = await server.operate('POST', `/users/${person.userId}/tokens/`, { scopes: ['team:write'] });
    const narrower = await create(minted.body.token);
    assert.equal(narrower.status, 422);
    const teams = await server.request('GET', `/api/0/organizations/${org.slug}/teams/`, { token: person.token });
    assert.equal(teams.body.length, 1);
  });

  it('[H-49] [V9.2.1] get a rejection if their expiry is too large for a date', async () => {
    for (const exp of [1e15, 1e12, 253_402_300_800, Number.MAX_SAFE_INTEGER, 1e300]) {
      await isInvalid(await issuer.sign({ ...claimsOf(person), exp }), `an end of ${exp}`);
    }
  });

  it('[S-15] [V9.1.1] [V9.1.2] [V9.1.3] [V9.2.3] [V10.3.1] get a rejection if the issuer, the audience, the signature, the time or the user is wrong', async () => {
    const good = claimsOf(person);
    const [header, payload, signature] = (await issuer.sign(good)).split('.') as [string, string, string];
    const unverified = "The signature cannot be verified with the issuer's keys.";
    const encode = (value: object) => base64url.encode(JSON.stringify(value));
    await isInvalid(await issuer.sign({ ...good, iss: 'https://evil.example.com' }), 'another issuer', 'The claim iss is not accepted.');
    await isInvalid(await issuer.sign({ ...good, aud: 'another-service' }), 'another audience', 'The claim aud is not accepted.');
    await isInvalid(await issuer.sign({ ...good, nbf: Math.floor(Date.now() / 1_000) + 60 }), 'not yet', 'The claim nbf is not accepted.');
    await isInvalid(await issuer.sign(good, { expiresInSeconds: null }), 'without an end', 'The claim exp is missing.');
    await isInvalid(`${encode({ alg: 'none' })}.${payload}.`, 'unsigned', unverified);
    await isInvalid('a.b.c', 'no JWT', 'The token is not a valid JWT.');
    await isInvalid(`${encode({ alg: 'none' })}.${payload}.${signature}`, 'unsigned, with a signature');
    await isInvalid(
      `${header}.${encode({ ...good, iss: issuer.url, aud: issuer.audience, exp: 9e9 })}.${signature}`,
      'changed',
      unverified,
    );
    await isInvalid(
      await issuer.sign({ ...good, email_verified: false }),
      'an unverified address',
      'The claim email_verified is not true.',
    );
    await isInvalid(await issuer.sign({ ...good, email_verified: undefined }), 'no statement about the address');
    await isInvalid(await issuer.sign({ ...good, email: undefined }), 'no address', 'The claim email names no user.');
    await isInvalid(await issuer.sign({ ...good, email: [person.email] as never }), 'several addresses');
    await isInvalid(await issuer.sign({ ...good, email: 'a\u0000@example.com' }), 'an impossible address');
    const shared = new TextEncoder().encode(JSON.stringify(issuer.publicJwk()));
    const confused = new SignJWT({ ...good, iss: issuer.url, aud: issuer.audience }).setExpirationTime('5m');
    await isInvalid(await confused.setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(shared), 'signed with the public key');
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const named = { alg: 'ES256', kid: 'key-1', jwk: await exportJWK(publicKey), jku: 'https://evil.example.com/keys' };
    const own = new SignJWT({ ...good, iss: issuer.url, aud: issuer.audience }).setExpirationTime('5m').setProtectedHeader(named);
    await isInvalid(await own.sign(privateKey), 'signed with a key that it contains and names');

    const expired = await readMe(await issuer.sign(good, { expiresInSeconds: -60 }));
    assert.deepEqual(expired.body, { detail: 'Token expired' });
    assert.equal(expired.headers.get('www-authenticate'), challengeOf('The claim exp is in the past.'));
    const unknown = await readMe(await issuer.sign({ ...good, email: 'unknown@example.com' }));
    assert.deepEqual(unknown.body, { detail: 'User inactive or deleted', reason: 'unknown-user', retryAfterMs: [500, 2_000] });
    assert.equal(unknown.headers.get('www-authenticate'), 'xBasic realm="api"', 'the token is valid');
  });

  it('[S-15] leave the reason of a refusal in the log at debug, without any value of the token', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const own = await startServer({ ...issuer.environment, JWT_USER: 'email:https://claims.example.com/"mail"' }, { log });
    try {
      const wrong = await issuer.sign({ ...claimsOf(person), aud: 'secret-audience' });
      await assert.rejects(WireReplica.connect(own.url, wrong), { data: { code: 'unauthenticated' } });
      const { headers } = await own.request('GET', '/api/0/users/me/', { token: await issuer.sign(claimsOf(person)) });
      assert.equal(headers.get('www-authenticate'), challengeOf('The claim https://claims.example.com/?mail? names no user.'));
      const stranger = await issuer.sign({ ...claimsOf(person), 'https://claims.example.com/"mail"': 'stranger@example.com' });
      const refused = await own.request('GET', '/api/0/users/me/', { token: stranger });
      assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'xBasic realm="api"']);
      await assert.rejects(WireReplica.connect(own.url, stranger), {
        data: { code: 'unauthenticated', reason: 'unknown-user', retryAfterMs: [500, 2_000] },
      });
      const refusals = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'refused a token of the trusted issuer');
      assert.deepEqual(
        refusals.map(({ level, reason }) => [level, reason]),
        [
          [20, 'The claim aud is not accepted.'],
          [20, 'The claim https://claims.example.com/"mail" names no user.'],
          ...Array(2).fill([20, 'The claim https://claims.example.com/"mail" names no user.']),
        ],
      );
      for (const secret of ['secret-audience', 'stranger@example.com', person.email, wrong.split('.')[1]!])
        assert.ok(!lines.join('').includes(secret), secret);
    } finally {
      await own.stop();
    }
  });

  it('identify no user by an address that the user has not verified', async () => {
    const email = `unverified-${nextNumber()}@example.com`;
    await server.services.db.insertInto('user_emails').values({ user_id: person.userId, email }).execute();
    const token = await issuer.sign({ ...claimsOf(person), email });
    assert.equal((await readMe(token)).status, 401);
    await server.services.db.updateTable('user_emails').set({ is_verified: true }).where('email', '=', email).execute();
    assert.equal((await readMe(token)).body.id, person.userId);
  });

  it('[A5] [V9.2.1] end open sockets when they expire and when their user is disabled', async () => {
    const org = await anOrganizationOf(server, person);
    const short = await WireReplica.open(server.url, await issuer.sign(claimsOf(person), { expiresInSeconds: 3 }), org.slug);
    await eventually(() => assert.equal(short.socket.connected, false), { timeoutMs: 6_000 });
    assert.deepEqual(short.frames.at(-1)?.payload, { reason: 'credential-expired', retryAfterMs: null });

    const token = await issuer.sign(claimsOf(person));
    const open = await WireReplica.open(server.url, token, org.slug);
    await server.operate('PUT', `/users/${person.userId}/`, { isActive: false });
    await eventually(() => assert.equal(open.socket.connected, false));
    assert.deepEqual(open.frames.at(-1)?.payload, { reason: 'user-disabled', retryAfterMs: null });
    await assert.rejects(WireReplica.connect(server.url, token), { data: { code: 'unauthenticated' } });
    const expired = await issuer.sign(claimsOf(person), { expiresInSeconds: -60 });
    await assert.rejects(WireReplica.connect(server.url, expired), { data: { code: 'expired' } });
  });

  it('[V10.3.3] may name their user by id instead of by address', async () => {
    const own = await startServer({ ...issuer.environment, JWT_USER: 'id:rollcall_id' });
    try {
      const someone = await aPerson(own);
      const send = async (rollcall_id: unknown) =>
        own.request('GET', '/api/0/users/me/', { token: await issuer.sign({ rollcall_id, email: someone.email }) });
      assert.equal((await send(someone.userId)).body.id, someone.userId);
      for (const none of ['999999999', 'none', '', Number(someone.userId)]) assert.equal((await send(none)).status, 401);
    } finally {
      await own.stop();
    }
  });

  it('need either all of their settings or none', () => {
    const parse = (environment: Record<string, string>) => parseConfig({ DATA_DIR: makeTemporaryDirectory('data'), ...environment });
    assert.equal(parse({}).trustedIssuer, null);
    assert.throws(() => parse({ JWT_ISSUER: 'https://issuer.example.com' }), /must be set together/);
    assert.throws(
      () => parse({ ...issuer.environment, JWT_USER: 'sub' }),
      /JWT_USER must be email:<claim>, id:<claim> or external:<claim>/,
    );
    assert.deepEqual(parse({ ...issuer.environment, JWT_USER: 'email:upn' }).trustedIssuer?.user, { by: 'email', claim: 'upn' });
  });
});

describe("a trusted issuer's keys", () => {
  let issuer: TestIssuer;
  let trusted: TrustedIssuer;

  beforeEach(async () => {
    issuer = await TestIssuer.start();
    const user = { by: 'id', claim: 'sub' } as const;
    trusted = new TrustedIssuer(
      { issuer: issuer.url, audience: issuer.audience, jwksUrl: `${issuer.url}/keys`, user, rules: defaultTokenRules },
      createLog('silent'),
    );
  });
  afterEach(() => issuer?.stop());

  const verify = async (token: string) => (await trusted.verify(token)).userName;

  it('need one fetch for many tokens', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, number) => issuer.sign({ sub: `user-${number}` })));
    assert.deepEqual((await Promise.all(tokens.map(verify))).length, 20);
    assert.equal(issuer.fetches, 1);
  });

  it('stay in use while the issuer is down, and checks fail with `unavailable` if there is no key', async () => {
    issuer.isDown = true;
    const token = await issuer.sign({ sub: 'a-user' });
    await assert.rejects(trusted.verify(token), { code: 'unavailable' });
    issuer.isDown = false;
    assert.equal(await verify(token), 'a-user');
    issuer.isDown = true;
    assert.equal(await verify(await issuer.sign({ sub: 'a-user' })), 'a-user');
  });

  it('stay in use for a day while the issuer is down, and are fetched again when it is back', async () => {
    const day = 24 * 60 * 60 * 1_000;
    const token = await issuer.sign({ sub: 'a-user' }, { expiresInSeconds: 3 * 86_400 });
    const now = Date.now;
    const fetchedAt = now();
    assert.equal(await verify(token), 'a-user');
    issuer.isDown = true;
    try {
      for (const ms of [0, 3_600_000, day - 60_000]) {
        Date.now = () => fetchedAt + ms;
        assert.equal(await verify(token), 'a-user', `${ms} ms after the keys were fetched`);
      }
      Date.now = () => fetchedAt + day + 60_000;
      await assert.rejects(trusted.verify(token), { code: 'unavailable' });
      await assert.rejects(trusted.verify(token), { code: 'unavailable' });
      issuer.isDown = false;
      assert.equal(await verify(token), 'a-user');
      await issuer.rotate();
      Date.now = () => fetchedAt + 2 * day + 120_000;
      await assert.rejects(trusted.verify(token), { code: 'unauthenticated' }, 'a key that was revoked in the outage');
    } finally {
      Date.now = now;
    }
  });

  it('cause one fetch for a new key, and not one for each token with an unknown key', async () => {
    await verify(await issuer.sign({ sub: 'a-user' }));
    await issuer.rotate('EdDSA');
    const token = await issuer.sign({ sub: 'a-user' }, { algorithm: 'EdDSA' });
    // The keys are fetched at most once in five seconds. Until then, a token with a new key is
    // refused.
    await assert.rejects(trusted.verify(token), { code: 'unauthenticated' });
    const later = Date.now() + 6_000;
    const now = Date.now;
    Date.now = () => later;
    try {
      assert.equal(await verify(token), 'a-user');
      const { fetches } = issuer;
      for (let number = 0; number < 20; number++) {
        await assert.rejects(verify(await issuer.sign({ sub: 'a-user' }, { algorithm: 'EdDSA', kid: `unknown-${number}` })));
      }
      assert.ok(issuer.fetches <= fetches + 1, `${issuer.fetches - fetches} fetches for unknown keys`);
    } finally {
      Date.now = now;
    }
  });

  it('stay valid for at most five minutes more after the issuer removed them', async () => {
    const token = await issuer.sign({ sub: 'a-user' }, { expiresInSeconds: 3_600 });
    await verify(token);
    await issuer.rotate();
    const later = Date.now() + 5 * 60 * 1_000 + 1_000;
    const now = Date.now;
    Date.now = () => later;
    try {
      await trusted.verify(token).catch(() => {});
      await eventually(() => assert.rejects(trusted.verify(token), { code: 'unauthenticated' }));
    } finally {
      Date.now = now;
    }
  });
});
