import assert from 'node:assert/strict';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';

describe('the allowed destinations', () => {
  it('contain names in lower case, addresses and ranges', () => {
    const { names, ranges } = parseAllowedDestinations([
      'IdP.Internal',
      'localhost',
      'x.',
      '10.0.0.0/8',
      '192.168.0.7',
      '::1',
      'fd00::/8',
    ])!;
    assert.deepEqual([...names], ['idp.internal', 'localhost', 'x']);
    assert.deepEqual(
      ranges.map(([network, bits]) => `${network}/${bits}`),
      ['10.0.0.0/8', '192.168.0.7/32', '::1/128', 'fd00::/8'],
    );
  });

  for (const word of [
    ...['010.0.0.1', '127.1', '2130706433', '0x7f.1', '10.0.0.256', '10.0.0.0/33', '010.0.0.0/8', '10/8', 'fd00::/129', '[::1]'],
    ...['::ffff:010.0.0.1', '::ffff:0x7f.0.0.1', '::ffff:010.0.0.0/104'],
    ...['idp.internal:8080', 'https://idp.internal', '*.internal', 'a..b', '-a.b', 'idp.internal/8', 'ä.example', '.', ''],
  ]) {
    it(`[H-35] cannot contain ${JSON.stringify(word)}`, () => assert.equal(parseAllowedDestinations(['localhost', word]), null));
  }
});
