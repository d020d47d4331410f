import assert from 'node:assert/strict';
import { SsoCookie } from '../../../../../server/src/features/single-sign-on/pages/sso-cookie.ts';

describe('the cookie of logins at identity providers', () => {
  const cookie = new SsoCookie('https://rollcall.example');
  const headerOf = (set: string) => set.split(';')[0]!;

  it('[S-37] belongs to this host, is hidden from scripts, and is sent by other sites only with links', () => {
    const set = cookie.add(undefined, 'one');
    assert.match(set, /^__Host-rollcall_sso_flows=one; /);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=600']) assert.ok(set.includes(attribute), attribute);
    assert.match(new SsoCookie('http://localhost:4000').add(undefined, 'one'), /^rollcall_sso_flows=one; /);
  });

  it('[S-37] has the five newest flows, and loses one that was used', () => {
    let header: string | undefined;
    for (let number = 1; number <= 7; number++) header = headerOf(cookie.add(header, `h${number}`));
    assert.deepEqual(cookie.read(header), ['h3', 'h4', 'h5', 'h6', 'h7']);
    header = headerOf(cookie.remove(header, 'h5'));
    assert.deepEqual(cookie.read(header), ['h3', 'h4', 'h6', 'h7']);
    assert.match(cookie.remove('__Host-rollcall_sso_flows=h1', 'h1'), /Max-Age=0/);
    assert.deepEqual(cookie.read('rollcall_sso_flows=h1'), []);
  });

  it('[H-97] stays within the size that browsers store, and has the newest flow in any case', () => {
    let header: string | undefined;
    for (const name of ['a', 'b', 'c', 'd']) header = headerOf(cookie.add(header, name.repeat(1_600)));
    assert.deepEqual(
      cookie.read(header).map((flow) => flow[0]),
      ['c', 'd'],
    );
    assert.ok(header!.length <= 4_096);
    assert.equal(cookie.read(headerOf(cookie.add(header, 'e'.repeat(4_500)))).length, 1);
  });
});
