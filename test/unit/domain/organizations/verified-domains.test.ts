import assert from 'node:assert/strict';
import {
  challengeFor,
  type DomainDetails,
  domainAfterCheck,
  hasChallenge,
} from '../../../../server/src/domain/organizations/verified-domains.ts';

const day = (number: number) => `2026-03-${String(number).padStart(2, '0')}T12:00:00.123456Z`;
const pending: DomainDetails = {
  id: '7',
  domain: 'example.com',
  role: 'owned',
  status: 'pending',
  dateVerified: null,
  dateCreated: day(1),
  challenge: challengeFor('example.com', 'A'.repeat(32)),
  dateChecked: null,
  missingSince: null,
};
const verified = domainAfterCheck(pending, true, day(1));

/** The states of a domain that is checked at these days. */
function pass(domain: DomainDetails, checks: readonly (readonly [day: number, isPresent: boolean])[]): DomainDetails {
  return checks.reduce((current, [number, isPresent]) => domainAfterCheck(current, isPresent, day(number)), domain);
}

describe('a verified domain', () => {
  it('[13.6] becomes verified when its TXT record is found, and stays pending otherwise', () => {
    assert.deepEqual([verified.status, verified.dateVerified, verified.dateChecked], ['verified', day(1), day(1)]);
    const missing = domainAfterCheck(pending, false, day(2));
    assert.deepEqual([missing.status, missing.dateChecked, missing.missingSince], ['pending', day(2), null]);
  });

  it('[S-58] lapses when the record is missing for seven days, not sooner', () => {
    const missing = pass(verified, [
      [2, false],
      [5, false],
      [8, false],
    ]);
    assert.deepEqual([missing.status, missing.missingSince], ['verified', day(2)]);
    const lapsed = domainAfterCheck(missing, false, day(9));
    assert.deepEqual([lapsed.status, lapsed.dateVerified], ['lapsed', day(1)]);
  });

  it('[S-58] restarts the period of seven days on each day with the record', () => {
    const found = pass(verified, [
      [2, false],
      [8, true],
      [9, false],
    ]);
    assert.deepEqual([found.status, found.missingSince, found.dateVerified], ['verified', day(9), day(1)]);
  });

  it('[13.6] becomes verified again when the record returns after a lapse', () => {
    const lapsed = pass(verified, [
      [2, false],
      [9, false],
      [10, false],
    ]);
    assert.equal(lapsed.status, 'lapsed');
    const again = domainAfterCheck(lapsed, true, day(11));
    assert.deepEqual([again.status, again.dateVerified, again.missingSince], ['verified', day(11), null]);
  });

  it('[S-58] accepts its own challenge only, as a whole record among any others', () => {
    const value = `rollcall-domain-verification=${'A'.repeat(32)}`;
    assert.equal(hasChallenge(pending, ['v=spf1 -all', value]), true);
    for (const records of [[], [value.slice(0, -1)], [`${value}B`], [value.toLowerCase()], [value.replaceAll('A', 'B')]]) {
      assert.equal(hasChallenge(pending, records), false, String(records));
    }
  });
});
