import assert from 'node:assert/strict';
import { KnownDevices } from '../../../../server/src/identity/passwords/known-devices.ts';
import { KeyRing } from '../../../../server/src/runtime/secrets/key-ring.ts';

const secret = new KeyRing('s'.repeat(32));
const ada = { userId: '1', passwordHash: 'hash of ada' };
const bob = { userId: '2', passwordHash: 'hash of bob' };

describe('the cookie of a known browser', () => {
  const headerOf = (setCookie: string) => setCookie.split(';')[0]!;
  const devices = new KnownDevices('http://localhost:4000', secret);

  it('[H-14] works only for the account that logged in', () => {
    const header = headerOf(devices.write(undefined, ada));
    assert.match(devices.read(header, ada)!, /^[\w-]{22}$/);
    assert.equal(devices.read(header, bob), null);
    assert.equal(devices.read(undefined, ada), null);
  });

  it('[H-14] works until the next password change, and for 90 days', () => {
    const header = headerOf(devices.write(undefined, ada));
    assert.equal(devices.read(header, { ...ada, passwordHash: 'another' }), null);
    const day = 24 * 60 * 60 * 1_000;
    const later = (days: number) => new KnownDevices('http://localhost', secret, () => Date.now() + days * day);
    assert.notEqual(later(89).read(header, ada), null);
    assert.equal(later(91).read(header, ada), null);
  });

  it('[H-14] needs a valid signature', () => {
    const header = headerOf(devices.write(undefined, ada));
    const [name, mark] = header.split('=') as [string, string];
    const [device, until, signature] = mark.split('.') as [string, string, string];
    const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    for (const forged of [
      `${device}.${Number(until) + 1}.${signature}`,
      `${'A'.repeat(22)}.${until}.${signature}`,
      `${device}.${until}.${flipped}`,
      `${device}.${until}.${'é'.repeat(43)}`,
      '~~~~',
      '',
    ]) {
      assert.equal(devices.read(`${name}=${forged}`, ada), null, forged);
    }
    assert.equal(new KnownDevices('http://localhost', new KeyRing('t'.repeat(32))).read(header, ada), null);
  });

  it('contains at most five accounts of a shared browser, and keeps the browser’s id', () => {
    let header = headerOf(devices.write(undefined, ada));
    const id = devices.read(header, ada);
    header = headerOf(devices.write(header, bob));
    assert.equal(devices.read(header, ada), id);
    header = headerOf(devices.write(header, ada));
    assert.equal(devices.read(header, ada), id);
    for (let n = 3; n <= 7; n++) header = headerOf(devices.write(header, { userId: `${n}`, passwordHash: 'hash' }));
    assert.equal(devices.read(header, ada), null);
    assert.notEqual(devices.read(header, { userId: '3', passwordHash: 'hash' }), null);
  });

  it('[V3.3.3] has the __Host- prefix with HTTPS, and is hidden from scripts', () => {
    assert.match(devices.write(undefined, ada), /^rollcall_device=[^;]+; Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/);
    const secure = new KnownDevices('https://example.com', secret).write(undefined, ada);
    assert.match(secure, /^__Host-rollcall_device=[^;]+; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });
});
