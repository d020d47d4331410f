import assert from 'node:assert/strict';
import { challengeSecondsMax, openChallenge, sealChallenge } from '../../../../server/src/identity/passkeys/challenges.ts';
import { KeyRing } from '../../../../server/src/runtime/secrets/key-ring.ts';

const secret = new KeyRing('a secret of at least thirty-two characters');

describe('a challenge for a passkey', () => {
  it('opens for its purpose, with the id of the user', () => {
    const opened = openChallenge(secret, 'enrolment 7', sealChallenge(secret, 'enrolment 7', 'handle'));
    assert.equal(opened?.userHandle, 'handle');
    assert.ok(Date.parse(opened.expiresAt) > Date.now());
  });

  it('differs each time', () => {
    const nonces = Array.from({ length: 50 }, () => openChallenge(secret, 'login a', sealChallenge(secret, 'login a'))!.nonce);
    assert.equal(new Set(nonces).size, 50);
  });

  it('does not open for another browser, another session, or a login', () => {
    const sealed = sealChallenge(secret, 'enrolment 7');
    for (const purpose of ['enrolment 8', 'login 7', 'login '] as const) assert.equal(openChallenge(secret, purpose, sealed), null);
  });

  it('does not open once it has expired, with another secret, or if it was changed', () => {
    const sealed = sealChallenge(secret, 'login a', '', 0);
    assert.notEqual(openChallenge(secret, 'login a', sealed, challengeSecondsMax * 1_000 - 1), null);
    assert.equal(openChallenge(secret, 'login a', sealed, challengeSecondsMax * 1_000), null);
    assert.equal(openChallenge(new KeyRing('another secret of thirty-two characters'), 'login a', sealChallenge(secret, 'login a')), null);
    for (const changed of ['', 'x', `A${sealed.slice(1)}`, 'ä'.repeat(40)]) {
      assert.equal(openChallenge(secret, 'login a', changed, 0), null, changed);
    }
  });
});
