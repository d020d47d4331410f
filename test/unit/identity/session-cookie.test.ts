import assert from 'node:assert/strict';
import { parseConfig } from '../../../server/src/config.ts';
import { SessionCookie } from '../../../server/src/identity/session-cookie.ts';

describe('the cookie of a session', () => {
  it('[S-18] [V3.3.1] has the __Host- prefix and the Secure flag if PUBLIC_URL is an HTTPS address', () => {
    const cookie = new SessionCookie('https://rollcall.example.com', 30);
    assert.equal(cookie.write('a-token'), '__Host-rollcall_session=a-token; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax');
    assert.equal(cookie.read('__Host-rollcall_session=a-token'), 'a-token');
    assert.equal(cookie.read('rollcall_session=planted'), null);
  });

  it('[H-20] [V3.3.3] has the same prefix and flag if PUBLIC_URL contains capitals, a default port or slashes', () => {
    for (const [written, meant] of [
      ['HTTPS://Rollcall.Example.COM:443/', 'https://rollcall.example.com'],
      ['hTTp://LOCALHOST:80', 'http://localhost'],
      ['HTTPS://rollcall.example.com:8443//', 'https://rollcall.example.com:8443'],
    ] as const) {
      const { publicUrl } = parseConfig({ PUBLIC_URL: written, SECRET: 's'.repeat(32) });
      assert.equal(publicUrl, meant);
      assert.equal(new SessionCookie(publicUrl, 30).write('a-token').startsWith('__Host-'), meant.startsWith('https:'));
    }
  });

  it('has another name without HTTPS, because browsers reject the prefix there', () => {
    const cookie = new SessionCookie('http://127.0.0.1:4000', 30);
    assert.equal(cookie.clear(), 'rollcall_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax');
    assert.equal(cookie.read('a=b; rollcall_session=a-token; c=d'), 'a-token');
    for (const none of [undefined, '', 'rollcall_session=', 'xrollcall_session=x', '=;;=;']) assert.equal(cookie.read(none), null);
  });
});
