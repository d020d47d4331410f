import assert from 'node:assert/strict';
import { parseConfig } from '../../../../server/src/config.ts';
import { withSslMode } from '../../../../server/src/database/connections/ssl-mode.ts';

const url = 'postgres://rollcall:secret@db.example.com/rollcall';

describe('sslmode in DATABASE_URL', () => {
  it('[H-36] has the same meaning as in libpq', () => {
    for (const mode of ['disable', 'require', 'verify-full'])
      assert.equal(withSslMode(`${url}?sslmode=${mode}`, undefined), `${url}?sslmode=${mode}&uselibpqcompat=true`);
    assert.equal(withSslMode(url, undefined), url);
    assert.equal(withSslMode(`${url}?sslmode=verify-full&sslrootcert=system`, undefined), `${url}?sslmode=verify-full&uselibpqcompat=true`);
  });

  it('[H-36] comes from PGSSLMODE if the URL has none', () => {
    assert.equal(withSslMode(url, 'require'), `${url}?sslmode=require&uselibpqcompat=true`);
    assert.equal(withSslMode(`${url}?sslmode=disable`, 'require'), `${url}?sslmode=disable&uselibpqcompat=true`);
  });

  const refusals: [query: string, pattern: RegExp][] = [
    [
      'sslmode=prefer',
      /^DATABASE_URL has sslmode=prefer, which is not supported \(it may connect without TLS\)\. Use one of disable, require, verify-ca, verify-full$/,
    ],
    ['sslmode=allow', /without TLS/],
    ['sslmod=require', /has sslmod, which is not supported\. Use sslmode, sslrootcert, sslcert, sslkey$/],
    ['sslmode=no-verify', /the equivalent is require/],
    ['sslmode=Require', /Use one of/],
    ['sslmode=', /Use one of/],
    ['sslmode=constructor', /sslmode=constructor, which is not supported\. Use one of/],
    ['sslmode=verify-ca', /no sslrootcert/],
    ['sslmode=require&sslrootcert=system', /requires sslmode=verify-full/],
    ['sslmode=verify-ca&sslrootcert=system', /requires sslmode=verify-full/],
    ['sslmode=verify-full&sslrootcert=/nowhere/root.crt', /sslrootcert=\/nowhere\/root\.crt, but that file cannot be read/],
    ['sslmode=require&sslcert=/nowhere/client.crt', /sslcert=.* cannot be read/],
    ['sslrootcert=/etc/hostname', /sslrootcert but no sslmode/],
    ['sslrootcert=system', /sslrootcert but no sslmode/],
  ];
  for (const [query, pattern] of refusals) {
    it(`[H-36] causes a one-line error without the password: ${query}`, () => {
      const parse = () => parseConfig({ DATABASE_URL: `${url}?${query}`, SECRET: 'x'.repeat(32) });
      assert.throws(parse, ({ message }: Error) => {
        assert.match(message, pattern);
        assert.doesNotMatch(message, /\n|secret/);
        return true;
      });
    });
  }
});
