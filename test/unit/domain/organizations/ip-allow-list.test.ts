import assert from 'node:assert/strict';
import { addressMatcher } from '../../../../server/src/domain/organizations/ip-allow-list.ts';

describe('the preview of a list of addresses', () => {
  it('[S-49] compiles the rules once for thousands of addresses', () => {
    let reads = 0;
    const rule = {
      id: '1',
      cidr: '10.0.0.0/8',
      get description() {
        reads++;
        return 'The office';
      },
      expiresAt: null,
    };
    const isIncluded = addressMatcher({ id: '1', isEnabled: false, rules: [rule] }, 0);
    for (let index = 0; index < 1_000; index++) assert.equal(isIncluded(`192.0.2.${index % 256}`), false);
    assert.equal(isIncluded('10.1.2.3'), true);
    assert.ok(reads <= 1, `${reads} reads`);
  });
});
