import assert from 'node:assert/strict';
import { BreachRanges } from '../../../../server/src/identity/passwords/breach-ranges.ts';

/** The SHA-1 of `password`. */
const hash = '5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8';

describe('ranges of breached passwords', () => {
  const rangesOf = (response: string) => {
    const asked: string[] = [];
    const ranges = new BreachRanges(async (prefix) => {
      asked.push(prefix);
      return response;
    });
    return { ranges, asked };
  };

  it('[V6.2.12] find a hash by its first five digits, and request a range once', async () => {
    const { ranges, asked } = rangesOf('003D68EB55068C33ACE09247EE4C639306B:3\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:3861493');
    assert.equal(await ranges.has(hash), true);
    assert.equal(await ranges.has(hash.replace(/8$/, '9')), false);
    assert.deepEqual(asked, ['5BAA6']);
  });

  it('ignore padding, which has the count 0', async () => {
    const { ranges } = rangesOf('1E4C9B93F3F0682250B6CF8331B7EE68FD8:0\r\n003D68EB55068C33ACE09247EE4C639306B:3\r\n');
    assert.equal(await ranges.has(hash), false);
  });

  it('reject a response of another form', async () => {
    for (const response of ['<html></html>', 'error', '1E4C9B93F3F0682250B6CF8331B7EE68FD8', `${hash}:3`])
      await assert.rejects(rangesOf(response).ranges.has(hash), /not a list of hashes/, response);
  });
});
