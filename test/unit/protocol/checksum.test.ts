import assert from 'node:assert/strict';
import { crc32 as crc32OfZlib } from 'node:zlib';
import { crc32 } from '../../../protocol/src/checksum.ts';

describe('[F3] the checksum of a record', () => {
  it('equals the CRC-32 of zlib, for texts of any length and script', () => {
    for (const piece of ['a', 'é', '語', '🙂', '\u0000']) {
      for (let count = 0; count <= 20; count++) {
        const text = piece.repeat(count);
        assert.equal(crc32(text), crc32OfZlib(text), JSON.stringify(text));
      }
    }
    assert.equal(crc32('123456789'), 0xcbf43926);
  });
});
