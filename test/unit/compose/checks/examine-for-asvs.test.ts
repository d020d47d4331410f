import assert from 'node:assert/strict';
import { examineForAsvs } from '../../../../server/src/compose/checks/examine-for-asvs.ts';
import { parseConfig } from '../../../../server/src/config.ts';

describe('examineForAsvs', () => {
  const met = {
    PUBLIC_URL: 'https://rollcall.example.com',
    DATABASE_URL: 'postgres://rollcall@db.example.com/rollcall?sslmode=verify-full',
    REDIS_URL: 'rediss://redis.example.com',
    SMTP_URL: 'smtps://mail.example.com',
    JWT_ISSUER: 'https://issuer.example.com',
    JWT_AUDIENCE: 'rollcall',
    JWT_JWKS_URL: 'https://issuer.example.com/keys',
    JWT_USER: 'external:sub',
    JWT_TYPE: 'at+jwt',
    JWT_SCOPES: 'scope',
    JWT_ACR: 'mfa',
    JWT_AUTH_TIME: 'require',
    BREACHED_PASSWORDS_URL: 'https://api.pwnedpasswords.com/range/',
    REQUIRE_2FA: 'true',
  };
  const examine = (settings: Readonly<Record<string, string>>) =>
    examineForAsvs(parseConfig({ ...met, ...settings }, () => 'a secret of this test'));
  const others = (settings: Readonly<Record<string, string>>) =>
    examine(settings)
      .filter(({ state }) => state !== 'ok')
      .map(({ state, subject, text }) => `${state} ${subject} ${text}`);

  it('names each setting once, with its requirement', () => {
    const findings = examine({});
    assert.deepEqual(
      findings.map(({ state, subject, text }) => [state, subject, text.split(':')[0]]),
      [
        ['ok', 'PUBLIC_URL', 'V12.2.1'],
        ['ok', 'DATABASE_URL', 'V12.3.1'],
        ['ok', 'REDIS_URL', 'V12.3.1'],
        ['ok', 'SMTP_URL', 'V12.3.1'],
        ['ok', 'JWT_JWKS_URL', 'V12.3.1'],
        ['ok', 'PASSWORD_HASH_KIB', 'V11.4.2'],
        ['ok', 'BREACHED_PASSWORDS_URL', 'V6.2.12'],
        ['ok', 'REQUIRE_2FA', 'V6.3.3'],
        ['ok', 'JWT_USER', 'V10.3.3'],
        ['ok', 'JWT_TYPE', 'V9.2.2'],
        ['ok', 'JWT_SCOPES', 'V10.3.2'],
        ['ok', 'JWT_ACR', 'V10.3.4'],
        ['ok', 'JWT_AUTH_TIME', 'V10.3.4'],
      ],
    );
  });

  const unmet: readonly (readonly [settings: Readonly<Record<string, string>>, finding: RegExp])[] = [
    [{ PUBLIC_URL: '' }, /^failed PUBLIC_URL V12\.2\.1: not set.* Set an https URL$/],
    [{ PUBLIC_URL: 'http://rollcall.example.com' }, /^failed PUBLIC_URL V12\.2\.1: http:/],
    [{ DATABASE_URL: 'postgres://db.example.com/x' }, /^failed DATABASE_URL V12\.3\.1: .*Use sslmode=verify-full$/],
    [{ DATABASE_URL: 'postgres://db.example.com/x', PGSSLMODE: 'require' }, /^failed DATABASE_URL /],
    [{ DATABASE_URL: 'postgres://localhost,db.example.com/x' }, /^failed DATABASE_URL /],
    [{ REDIS_URL: 'rediss://redis.example.com redis://redis.example.com' }, /^failed REDIS_URL V12\.3\.1: .*Use rediss/],
    [{ SMTP_URL: 'smtp://me:hunter2@mail.example.com' }, /^failed SMTP_URL V12\.3\.1: .*Use smtp\+starttls:\/\/ or smtps:/],
    [{ JWT_JWKS_URL: 'http://issuer.example.com/keys' }, /^failed JWT_JWKS_URL V12\.3\.1: /],
    [{ PASSWORD_HASH_KIB: '1024' }, /^failed PASSWORD_HASH_KIB V11\.4\.2: /],
    [{ BREACHED_PASSWORDS_URL: '' }, /^failed BREACHED_PASSWORDS_URL V6\.2\.12: not set/],
    [{ JWT_USER: '' }, /^failed JWT_USER V10\.3\.3: .*Use external:sub/],
    [{ JWT_TYPE: '' }, /^warning JWT_TYPE V9\.2\.2: .*Set at\+jwt/],
    [{ JWT_TYPE: 'JWT' }, /^warning JWT_TYPE V9\.2\.2: /],
    [{ JWT_TYPE: 'any' }, /^failed JWT_TYPE V9\.2\.2: ID tokens are accepted/],
    [{ JWT_SCOPES: 'ignore' }, /^failed JWT_SCOPES V10\.3\.2: /],
    [{ JWT_ACR: '' }, /^failed JWT_ACR V10\.3\.4: /],
    [{ JWT_AUTH_TIME: '' }, /^failed JWT_AUTH_TIME V10\.3\.4: .*Set require$/],
  ];
  for (const [settings, expected] of unmet) {
    it(`states what is missing: ${Object.entries(settings).flat().join(' ')}`, () => {
      const found = others(settings);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, expected);
      assert.doesNotMatch(found[0]!, /hunter2/);
    });
  }

  it('accepts a mail server whose TLS is required by STARTTLS', () => {
    assert.deepEqual(others({ SMTP_URL: 'smtp+starttls://mail.example.com:587' }), []);
  });

  it('accepts connections within this machine without TLS', () => {
    const local = { REDIS_URL: 'redis://127.0.0.1', SMTP_URL: 'smtp://localhost' };
    for (const DATABASE_URL of ['', 'postgres://[::1]/x', 'postgres://localhost/x', 'postgres:///x?host=/run/postgresql'])
      assert.deepEqual(others({ ...local, DATABASE_URL }), [], DATABASE_URL);
  });

  it('needs no setting for tokens of another issuer where none are accepted', () => {
    const none = Object.fromEntries(Object.keys(met).flatMap((name) => (name.startsWith('JWT_') ? [[name, '']] : [])));
    assert.deepEqual(others(none), []);
    const lines = examine(none).filter(({ subject }) => subject.startsWith('JWT_'));
    assert.deepEqual(
      lines.map(({ subject }) => subject),
      ['JWT_ISSUER'],
    );
  });
});
