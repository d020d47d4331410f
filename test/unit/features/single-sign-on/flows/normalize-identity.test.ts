import assert from 'node:assert/strict';
import { normalizeIdentity } from '../../../../../server/src/features/single-sign-on/flows/normalize-identity.ts';
import { anIdentity } from '../../../../support/builders.ts';

const identity = anIdentity();

describe('the identity that a provider asserts', () => {
  it('[S-35] keeps an address that an account may have', () => assert.deepEqual(normalizeIdentity(identity), identity));

  it('[S-35] loses an address that no account may have, and with it the verification', () => {
    for (const email of [
      '',
      'person',
      '@example.com',
      'a b@example.com',
      'a@evil.example>, <b@example.com',
      'a@b@example.com',
      `${'x'.repeat(64)}@example.com`,
    ]) {
      const { email: kept, emailVerified } = normalizeIdentity({ ...identity, email });
      assert.deepEqual([kept, emailVerified], [null, false], email);
    }
  });

  it('[13.7] has a name of one line and at most 200 characters, or none', () => {
    const nameOf = (name: string | null) => normalizeIdentity({ ...identity, name }).name;
    assert.equal(nameOf('A\r\nBcc: b'), 'A Bcc: b');
    assert.equal(nameOf('😀'.repeat(300)), '😀'.repeat(200));
    for (const name of [null, '', ' \t ', 'See https://evil.example', 'a\u202eb']) assert.equal(nameOf(name), null);
  });
});
