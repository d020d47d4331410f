import assert from 'node:assert/strict';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { openChallenge, sealChallenge } from '../../../../server/src/identity/passkeys/challenges.ts';
import { type PasskeyKey, verifyAssertion, verifyRegistration } from '../../../../server/src/identity/passkeys/verify-passkey.ts';
import { KeyRing } from '../../../../server/src/runtime/secrets/key-ring.ts';
import { type Deviations, SoftwareAuthenticator } from '../../../support/software-authenticator.ts';

const secret = new KeyRing('a secret of at least thirty-two characters');
const party = { id: 'rollcall.example.com', origin: 'https://rollcall.example.com' };
const handle = Buffer.alloc(64, 1).toString('base64url');
const open = (challenge: string) => openChallenge(secret, 'login here', challenge);

describe('the verification of a passkey', () => {
  const register = (
    authenticator: SoftwareAuthenticator,
    deviations: Deviations = {},
    challenge = sealChallenge(secret, 'login here', handle),
  ) => {
    const response = authenticator.create({ challenge: challenge, rp: party, user: { id: handle } }, deviations);
    return verifyRegistration(party, open, response as RegistrationResponseJSON);
  };
  const assertWith = (
    authenticator: SoftwareAuthenticator,
    key: PasskeyKey,
    deviations: Deviations = {},
    challenge = sealChallenge(secret, 'login here'),
  ) => verifyAssertion(party, open, authenticator.get({ challenge, rpId: party.id }, deviations) as AuthenticationResponseJSON, key);
  const keyOf = async (authenticator: SoftwareAuthenticator): Promise<PasskeyKey> => {
    const verdict = await register(authenticator);
    assert.ok(verdict.ok, JSON.stringify(verdict));
    return verdict.value;
  };
  const reasonOf = (verdict: { readonly ok: boolean; readonly reason?: string }) => {
    assert.equal(verdict.ok, false);
    return verdict.reason!;
  };

  const wrong: readonly (readonly [string, Deviations, RegExp])[] = [
    ['of another origin', { origin: 'https://rollcall.example.com.evil.example' }, /origin/],
    ['of the origin without its port', { origin: 'https://rollcall.example.com:444' }, /origin/],
    ['for another relying party', { rpId: 'evil.example' }, /RP ID/],
    ['without verification of the user', { isUserVerified: false }, /[Uu]ser (verification|could not be verified)/],
    ['in a frame of another site', { crossOrigin: true }, /frame/],
    ['of another type', { type: 'payment.get' }, /type/],
  ];

  it('accepts a new passkey, and then its signatures', async () => {
    const authenticator = new SoftwareAuthenticator(party.origin);
    const key = await keyOf(authenticator);
    assert.equal(key.credentialId, authenticator.id);
    assert.equal(key.userHandle, handle);
    const verdict = await assertWith(authenticator, key);
    assert.ok(verdict.ok, JSON.stringify(verdict));
    assert.equal(verdict.value.counter, 0);
  });

  for (const [what, deviations, reason] of wrong) {
    it(`refuses a response ${what}`, async () => {
      assert.match(reasonOf(await register(new SoftwareAuthenticator(party.origin), deviations)), reason);
      const authenticator = new SoftwareAuthenticator(party.origin);
      assert.match(reasonOf(await assertWith(authenticator, await keyOf(authenticator), deviations)), reason);
    });
  }

  it('refuses a challenge that this server did not make for this browser, or that has expired', async () => {
    const authenticator = new SoftwareAuthenticator(party.origin);
    const key = await keyOf(authenticator);
    const expired = sealChallenge(secret, 'login here', handle, Date.now() - 10 * 60_000);
    for (const challenge of [Buffer.alloc(32).toString('base64url'), sealChallenge(secret, 'login elsewhere', handle), expired]) {
      assert.match(reasonOf(await register(new SoftwareAuthenticator(party.origin), {}, challenge)), /challenge/);
      assert.match(reasonOf(await assertWith(authenticator, key, {}, challenge)), /challenge/);
    }
  });

  it('refuses the signature of another key, and the id of another user', async () => {
    const authenticator = new SoftwareAuthenticator(party.origin);
    const key = await keyOf(authenticator);
    const other = new SoftwareAuthenticator(party.origin);
    await keyOf(other);
    assert.match(reasonOf(await assertWith(other, key)), /signature/);
    for (const userHandle of [Buffer.alloc(64, 2).toString('base64url'), null, ''])
      assert.match(reasonOf(await assertWith(authenticator, key, { userHandle })), /id of a user/);
  });

  it('refuses a new passkey whose credential id is longer than WebAuthn allows', async () => {
    assert.ok((await register(new SoftwareAuthenticator(party.origin, 0, 1_023))).ok);
    assert.equal((await register(new SoftwareAuthenticator(party.origin, 0, 1_024))).ok, false);
  });

  it('refuses a counter that has not grown', async () => {
    const authenticator = new SoftwareAuthenticator(party.origin, 5);
    const key = await keyOf(authenticator);
    assert.equal((await assertWith(authenticator, key, { counter: 6 })).ok, true);
    for (const counter of [0, 4, 5]) assert.match(reasonOf(await assertWith(authenticator, key, { counter })), /counter/);
  });

  it('refuses an attestation with certificates before it reads them, because they name servers to call', async () => {
    const certified = { format: 'packed', statement: { alg: -7, sig: Buffer.alloc(64), x5c: [Buffer.alloc(100)] } };
    for (const deviations of [certified, { format: 'apple', statement: { x5c: [Buffer.alloc(100)] } }, { format: 'tpm' }]) {
      assert.match(reasonOf(await register(new SoftwareAuthenticator(party.origin), deviations)), /not requested/);
    }
  });

  it('refuses what is no response of an authenticator', async () => {
    const broken = new SoftwareAuthenticator(party.origin).create({ challenge: '', rp: party, user: { id: handle } });
    for (const clientDataJSON of ['', 'bm8', Buffer.from('null').toString('base64url'), Buffer.from('[1]').toString('base64url')]) {
      const response = { ...broken, response: { ...broken.response, clientDataJSON } } as RegistrationResponseJSON;
      assert.equal((await verifyRegistration(party, open, response)).ok, false);
    }
    const nested = Buffer.alloc(6_000, 0x81).toString('base64url');
    const challenge = sealChallenge(secret, 'login here', handle);
    const deep = new SoftwareAuthenticator(party.origin).create({ challenge, rp: party, user: { id: handle } });
    const response = { ...deep, response: { ...deep.response, attestationObject: nested } } as RegistrationResponseJSON;
    assert.equal((await verifyRegistration(party, open, response)).ok, false);
  });
});
