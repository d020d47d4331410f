import assert from 'node:assert/strict';
import { type RequireFacts, whyNotOpen, whyNotRequire } from '../../../dashboard/src/pages/single-sign-on/require-reasons.ts';
import { aMember } from '../../support/builders.ts';

const now = Date.parse('2026-03-02T12:00:00Z');
const recovery = aMember({ orgRole: 'owner', name: 'Ada', isRecoveryOwner: true }, { has2fa: true });
const ready: RequireFacts = { providerName: 'Okta', isLinked: true, lastLogin: '2026-03-02T11:00:00Z', owners: [recovery], now };

describe('the reasons why single sign-on can’t be required', () => {
  it('do not exist for a linked owner with a login of this day and a recovery owner', () => {
    assert.deepEqual(whyNotRequire(ready), []);
    assert.deepEqual(whyNotRequire({ ...ready, lastLogin: null }), []);
  });

  it('name all missing steps', () => {
    const missing = whyNotRequire({ ...ready, isLinked: false, owners: [] });
    assert.deepEqual(missing, ['Link your own account first.', 'Choose a recovery owner first.']);
  });

  it('name a login that is too old', () => {
    const [reason] = whyNotRequire({ ...ready, lastLogin: '2026-03-01T11:59:59Z' });
    assert.equal(reason, 'Log in with Okta again. Your last login is more than 24 hours ago.');
    assert.deepEqual(whyNotRequire({ ...ready, lastLogin: '2026-03-01T12:00:00Z' }), []);
  });

  it('name a recovery owner without 2FA', () => {
    const without = { ...recovery, user: { ...recovery.user!, has2fa: false } };
    assert.deepEqual(whyNotRequire({ ...ready, owners: [without] }), ['Choose a recovery owner other than Ada, who has no 2FA.']);
  });

  it('begin with the provider itself', () => {
    assert.match(whyNotOpen(null)!, /^Save the provider’s values first/);
    assert.equal(whyNotOpen({ status: 'draft', lastTestedAt: null }), 'Test the provider and activate it first.');
    assert.equal(whyNotOpen({ status: 'draft', lastTestedAt: '2026-03-01T12:00:00Z' }), 'Activate the provider first.');
    assert.equal(whyNotOpen({ status: 'active', lastTestedAt: null }), null);
  });
});
