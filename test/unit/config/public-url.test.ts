import assert from 'node:assert/strict';
import { parseConfig } from '../../../server/src/config.ts';

const secret = { SECRET: 's'.repeat(32) };
const production = { ...secret, NODE_ENV: 'production' };

describe('PUBLIC_URL without TLS', () => {
  const exposed = ['http://rollcall.example.com', 'http://10.0.0.7:8080', 'http://localhost.example.com', 'http://[2001:db8::1]'];

  for (const PUBLIC_URL of exposed) {
    it(`[H-87] [V4.4.1] [V12.2.1] prevents a start in production, unless ALLOW_INSECURE is true: ${PUBLIC_URL}`, () => {
      assert.throws(
        () => parseConfig({ ...production, PUBLIC_URL }),
        ({ name, message }: Error) => {
          assert.equal(name, 'ConfigError');
          assert.equal(
            message,
            `PUBLIC_URL is ${PUBLIC_URL}, so clients would use this server without TLS. Set PUBLIC_URL to an https address, with TLS in front of the server. To serve it without TLS anyway, set ALLOW_INSECURE=true`,
          );
          return true;
        },
      );
      assert.throws(() => parseConfig({ ...production, PUBLIC_URL, ALLOW_INSECURE: 'false' }), /^ConfigError: PUBLIC_URL is/);
      assert.equal(parseConfig({ ...production, PUBLIC_URL, ALLOW_INSECURE: 'true' }).publicUrl, PUBLIC_URL);
    });
  }

  it('prevents no start outside of production', () => {
    for (const PUBLIC_URL of exposed) assert.equal(parseConfig({ ...secret, PUBLIC_URL }).publicUrl, PUBLIC_URL);
  });

  it('prevents no start on loopback', () => {
    const urls = ['http://localhost:8080', 'http://127.0.0.1:4000', 'http://127.1.2.3', 'http://[::1]:4000', 'http://rollcall.localhost'];
    for (const PUBLIC_URL of urls) assert.equal(parseConfig({ ...production, PUBLIC_URL }).publicUrl, PUBLIC_URL);
  });

  it('prevents a start in production if it follows from HOST', () => {
    for (const HOST of ['10.0.0.7', 'rollcall.internal', '2001:db8::1']) {
      assert.throws(() => parseConfig({ ...production, HOST }), /^ConfigError: HOST is .*PUBLIC_URL is not set.*ALLOW_INSECURE=true$/);
      assert.equal(parseConfig({ ...production, HOST, ALLOW_INSECURE: 'true' }).publicUrl, null);
      assert.equal(parseConfig({ ...secret, HOST }).publicUrl, null);
      const PUBLIC_URL = 'https://rollcall.example.com';
      assert.equal(parseConfig({ ...production, HOST, PUBLIC_URL }).publicUrl, PUBLIC_URL);
    }
    for (const HOST of ['', '127.0.0.1', 'localhost', '::1', '0.0.0.0', '::'])
      assert.equal(parseConfig({ ...production, HOST }).publicUrl, null);
  });

  it('has the exception ALLOW_INSECURE, which must be true or false', () => {
    assert.throws(() => parseConfig({ ...secret, ALLOW_INSECURE: 'perhaps' }), /^ConfigError: ALLOW_INSECURE must be true or false$/);
  });
});
