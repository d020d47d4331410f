import assert from 'node:assert/strict';
import { crc32 as crc32OfZlib } from 'node:zlib';
import { crc32 } from '../../../protocol/src/checksum.ts';

describe('[F3] the checksum of a record', () => {
  it('equals the CRC-32 of zlib, for texts of any length and script', () => {
    for (const piece of ['a', 'é', '語', '🙂', '\u0000']) {
      for (const count of [...Array(21).keys(), 1_365, 1_366, 5_001]) {
        const text = piece.repeat(count);
        assert.equal(crc32(text), crc32OfZlib(text), JSON.stringify(text));
      }
    }
    assert.equal(crc32('123456789'), 0xcbf43926);
  });
});
