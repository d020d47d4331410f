import assert from 'node:assert/strict';
import { relyingPartyOf } from '../../../../server/src/identity/passkeys/relying-party.ts';

describe('the relying party of passkeys', () => {
  it('has the host name of PUBLIC_URL, and its exact origin', () => {
    assert.deepEqual(relyingPartyOf('https://rollcall.example.com:8443'), {
      id: 'rollcall.example.com',
      origin: 'https://rollcall.example.com:8443',
    });
    assert.deepEqual(relyingPartyOf('http://localhost:4000'), { id: 'localhost', origin: 'http://localhost:4000' });
  });

  it('does not exist where browsers refuse passkeys: IP addresses, and http', () => {
    for (const url of ['http://127.0.0.1:4000', 'https://192.0.2.1', 'https://[2001:db8::1]', 'http://rollcall.example.com']) {
      assert.equal(relyingPartyOf(url), null, url);
    }
  });
});
