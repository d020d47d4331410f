import assert from 'node:assert/strict';
import { isTokenOf, tokenDeriver } from '../../../../server/src/runtime/secrets/derived-tokens.ts';
import { hashToken } from '../../../../server/src/runtime/secrets/hash-token.ts';
import { KeyRing } from '../../../../server/src/runtime/secrets/key-ring.ts';

const derive = tokenDeriver(new KeyRing('s'.repeat(32)));

describe('tokens that are derived', () => {
  it('[S-10] [V6.4.1] have 64 hexadecimal digits, and are the same each time', () => {
    assert.match(derive('invite', '7', 'nonce'), /^[0-9a-f]{64}$/);
    assert.equal(derive('invite', '7', 'nonce'), tokenDeriver(new KeyRing('s'.repeat(32)))('invite', '7', 'nonce'));
  });

  it('[S-10] differ for another purpose, row, nonce or secret', () => {
    const tokens = [
      derive('invite', '7', 'nonce'),
      derive('password-reset', '7', 'nonce'),
      derive('invite', '8', 'nonce'),
      derive('invite', '7', derive.newNonce()),
      tokenDeriver(new KeyRing('t'.repeat(32)))('invite', '7', 'nonce'),
    ];
    assert.equal(new Set(tokens).size, tokens.length);
  });

  it('[S-10] match only their own hash; without a hash no token matches', () => {
    const token = derive('invite', '7', 'nonce');
    assert.equal(isTokenOf(hashToken(token), token), true);
    for (const other of ['', token.toUpperCase(), token.slice(1), hashToken(token), '\u0000']) {
      assert.equal(isTokenOf(hashToken(token), other), false);
      assert.equal(isTokenOf(null, other), false);
    }
  });
});
