import assert from 'node:assert/strict';
import { SessionCookie } from '../../../server/src/identity/session-cookie.ts';

describe('the cookie of a session', () => {
  it('[S-18] is bound to the host and to https where we are reached by it', () => {
    const cookie = new SessionCookie('https://rollcall.example.com');
    assert.equal(cookie.write('a-token'), '__Host-rollcall_session=a-token; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax');
    assert.equal(cookie.read('__Host-rollcall_session=a-token'), 'a-token');
    assert.equal(cookie.read('rollcall_session=planted'), null);
  });

  it('has another name without https, for which browsers refuse the first', () => {
    const cookie = new SessionCookie('http://127.0.0.1:4000');
    assert.equal(cookie.clear(), 'rollcall_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax');
    assert.equal(cookie.read('a=b; rollcall_session=a-token; c=d'), 'a-token');
    for (const none of [undefined, '', 'rollcall_session=', 'xrollcall_session=x', '=;;=;']) assert.equal(cookie.read(none), null);
  });
});
