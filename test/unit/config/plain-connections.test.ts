import assert from 'node:assert/strict';
import { findPlainConnections } from '../../../server/src/config/plain-connections.ts';
import { parseConfig } from '../../../server/src/config.ts';

const find = (environment: Readonly<Record<string, string>>) =>
  findPlainConnections(parseConfig({ SECRET: 's'.repeat(32), ...environment })).map(({ setting, text }) => `${setting} ${text}`);

describe('connections to other machines', () => {
  const plain: readonly [environment: Record<string, string>, text: RegExp][] = [
    [{ DATABASE_URL: 'postgres://u:hunter2@db.internal/rollcall' }, /^DATABASE_URL the connection to db\.internal has no TLS/],
    [{ DATABASE_URL: 'postgres://u:hunter2@db.internal/rollcall?sslmode=disable' }, /db\.internal has no TLS.*Use sslmode=verify-full$/],
    [{ DATABASE_URL: 'postgres:///rollcall?host=db.internal' }, /db\.internal has no TLS/],
    [{ DATABASE_URL: 'postgres://localhost:1,db2:2/rollcall' }, /the connection to db2 has no TLS/],
    [{ DATABASE_URL: 'postgres://db.internal/rollcall?ssl=false' }, /db\.internal has no TLS/],
    [
      { DATABASE_URL: 'postgres://u:hunter2@db.internal/rollcall?sslmode=require' },
      /^DATABASE_URL the certificate of db\.internal is not checked with sslmode=require/,
    ],
    [{ REDIS_URL: 'redis://:hunter2@redis.internal:6379/0' }, /^REDIS_URL the connection to redis\.internal has no TLS.*Use rediss:\/\/$/],
    [{ REDIS_URL: 'rediss://a, redis://b' }, /the connection to b has no TLS/],
    [
      { SMTP_URL: 'smtp://me:hunter2@mail.example.com:587' },
      /^SMTP_URL the connection to mail\.example\.com has TLS only if.*smtp\+starttls:\/\//,
    ],
    [{ SMTP_URL: 'smtps://mail.example.com?tls.rejectUnauthorized=false' }, /the certificate of mail\.example\.com is not checked/],
    [{ SMTP_URL: 'smtp+starttls://mail.example.com?tls.rejectUnauthorized=false' }, /the certificate of mail\.example\.com is not checked/],
    [{ PUBLIC_URL: 'http://rollcall.example.com' }, /^PUBLIC_URL http:\/\/rollcall\.example\.com has no TLS/],
    [{ HOST: '0.0.0.0' }, /^PUBLIC_URL not set, while HOST is 0\.0\.0\.0, so the server doesn't know whether clients use TLS/],
    [
      { JWT_ISSUER: 'https://idp.example', JWT_AUDIENCE: 'rollcall', JWT_JWKS_URL: 'http://idp.example/keys' },
      /^JWT_JWKS_URL http:\/\/idp\.example\/keys has no TLS, so an attacker on the way can replace the keys/,
    ],
  ];
  for (const [environment, text] of plain) {
    it(`[H-87] [V12.2.1] [V12.3.1] cause a warning without TLS, or without a check of the certificate: ${JSON.stringify(environment)}`, () => {
      const found = find(environment);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, text);
      assert.doesNotMatch(found[0]!, /hunter2|\n/);
    });
  }

  it('cause no warning with TLS and a checked certificate', () => {
    assert.deepEqual(
      find({
        DATABASE_URL: 'postgres://a,b/rollcall?sslmode=verify-full',
        REDIS_URL: 'rediss://a rediss://b',
        SMTP_URL: 'smtp+starttls://mail.example.com:587',
        PUBLIC_URL: 'https://rollcall.example.com',
      }),
      [],
    );
    const withAuthority = '?sslmode=require&sslrootcert=/etc/hostname';
    assert.deepEqual(find({ DATABASE_URL: `postgres://db/rollcall${withAuthority}`, SMTP_URL: 'smtps://mail.example.com' }), []);
    assert.deepEqual(find({ DATABASE_URL: 'postgres://db/rollcall?ssl=true', SMTP_URL: 'smtp://mail?requireTLS=true' }), []);
  });

  it('cause no warning without TLS on this machine', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]']) {
      const url = `${host}:5000`;
      assert.deepEqual(
        find({
          DATABASE_URL: `postgres://${url}/rollcall`,
          REDIS_URL: `redis://${url}`,
          SMTP_URL: `smtp://${url}`,
          PUBLIC_URL: `http://${url}`,
        }),
        [],
      );
    }
    for (const url of ['postgres:///rollcall', 'postgres:///rollcall?host=/run/postgresql', 'postgres://%2Frun%2Fpostgresql/rollcall'])
      assert.deepEqual(find({ DATABASE_URL: url, REDIS_URL: 'redis:///2' }), []);
    assert.deepEqual(find({}), []);
  });
});
