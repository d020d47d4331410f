import assert from 'node:assert/strict';
import { proxyWarning } from '../../../../server/src/http/requests/proxy-warning.ts';

describe('the warning about an address', () => {
  const warn = (address: string | null, publicUrl: string) => proxyWarning(address, { trustedProxies: ['192.0.2.0/24'], publicUrl });

  it('[13.3] concerns the addresses of trusted proxies', () => {
    assert.match(warn('192.0.2.7', 'http://localhost:4000')!, /TRUSTED_PROXIES/);
    assert.equal(warn('203.0.113.9', 'https://rollcall.example.com'), null);
    assert.equal(warn(null, 'https://rollcall.example.com'), null);
  });

  it('[13.3] concerns private addresses while the server has a public URL', () => {
    for (const address of ['10.1.2.3', '127.0.0.1', '169.254.1.1', 'fd00::1', '::1', 'fe80::1']) {
      for (const url of ['https://rollcall.example.com', 'https://8.8.8.8', 'https://[2606:4700::1]']) {
        assert.match(warn(address, url)!, /is private/, `${address} at ${url}`);
      }
      for (const url of ['http://localhost:4000', 'http://rollcall', 'http://rollcall.internal', 'http://10.0.0.1', 'http://[fd00::1]']) {
        assert.equal(warn(address, url), null, `${address} at ${url}`);
      }
    }
  });
});
