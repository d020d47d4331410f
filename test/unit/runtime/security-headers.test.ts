import assert from 'node:assert/strict';
import { securityHeaders } from '../../../server/src/runtime/security-headers.ts';

describe('securityHeaders', () => {
  const transportOf = (publicUrl: string | null) => securityHeaders(publicUrl)['Strict-Transport-Security'];

  it('[V3.4.1] have HSTS for an https address', () => {
    assert.equal(transportOf('https://rollcall.example.com'), 'max-age=31536000; includeSubDomains');
    assert.equal(transportOf('https://localhost.example.com'), 'max-age=31536000; includeSubDomains');
  });

  it('have no HSTS without https, and on localhost, where it would hold for other servers', () => {
    for (const url of [null, 'http://rollcall.example.com', 'https://localhost', 'https://localhost:4000', 'https://app.localhost'])
      assert.equal(transportOf(url), undefined, String(url));
  });
});
