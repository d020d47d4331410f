import assert from 'node:assert/strict';
import { mintAuthenticator } from '../../../server/src/identity/passwords/authenticators.ts';
import { hashPassword, verifyPassword } from '../../../server/src/identity/passwords/passwords.ts';
import { KeyRing } from '../../../server/src/runtime/secrets/key-ring.ts';
import { decryptSecret, digestSecret, encryptSecret } from '../../../server/src/runtime/secrets/secrets-at-rest.ts';

const text = 'a secret for tests of at least 32 characters';
const secret = new KeyRing(text);

describe('secrets at rest', () => {
  it('[V11.3.2] decrypt to the original text, and never have the same ciphertext twice', () => {
    const kept = encryptSecret(secret, 'totp 12', 'plain');
    assert.equal(decryptSecret(secret, 'totp 12', kept), 'plain');
    assert.notEqual(kept, encryptSecret(secret, 'totp 12', 'plain'));
  });

  it('[V11.3.3] cannot be decrypted if they were moved to another user, changed, or encrypted with another secret', () => {
    const kept = encryptSecret(secret, 'totp 12', 'plain');
    const changed = `${kept.startsWith('A') ? 'B' : 'A'}${kept.slice(1)}`;
    assert.throws(() => decryptSecret(secret, 'totp 13', kept));
    assert.throws(() => decryptSecret(secret, 'totp 12', changed));
    assert.throws(() => decryptSecret(new KeyRing(`${text}!`), 'totp 12', kept));
  });

  it('[V6.5.2] [V6.5.3] [V6.5.4] contain encrypted TOTP seeds and digests of recovery codes', () => {
    const totp = mintAuthenticator('totp', '12', secret);
    assert.ok('secret' in totp.shown);
    assert.match(totp.shown.secret, /^[A-Z2-7]{32}$/);
    assert.equal(decryptSecret(secret, 'totp 12', totp.storedSecret), totp.shown.secret);

    const recovery = mintAuthenticator('recovery', '12', secret);
    assert.ok('codes' in recovery.shown);
    assert.equal(new Set(recovery.shown.codes).size, 10);
    for (const code of recovery.shown.codes) assert.match(code, /^[a-z2-7]{26}$/, '128 bits');
    assert.equal(JSON.parse(recovery.storedSecret)[0], digestSecret(secret, 'recovery 12', recovery.shown.codes[0]!));
    assert.ok(recovery.shown.codes.every((code) => !recovery.storedSecret.includes(code)));
  });
});

describe('passwords', () => {
  it('[V11.4.2] have salted Argon2id hashes with the parameters that OWASP recommends', async () => {
    const kept = await hashPassword('correct horse');
    assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await verifyPassword(kept, 'correct horse'), true);
    assert.equal(await verifyPassword(kept, 'correct horsf'), false);
  });

  it('match their hashes, of any cost', async () => {
    const cheap = await hashPassword('correct horse', { memoryKib: 8, passes: 1 });
    assert.match(cheap, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    assert.equal(await verifyPassword(cheap, 'correct horse'), true);
    assert.equal(await verifyPassword(cheap, 'correct horsf'), false);
  });
});
