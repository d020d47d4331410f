import assert from 'node:assert/strict';
import type { SignOn } from '../../../../../server/src/features/single-sign-on/domain/sign-on.ts';
import { failedTest, testResult } from '../../../../../server/src/features/single-sign-on/domain/sign-on-test.ts';
import { aMember, anIdentity } from '../../../../support/builders.ts';

const identity = { ...anIdentity(), email: 'ada@example.com' };

describe('the result of a test of an identity provider', () => {
  it('[13.7] warns if the provider sends another address than that of the member', () => {
    const member = aMember({ email: 'Ada@example.com' });
    const signOn = { kind: 'ask', user: member.user!, linking: { kind: 'link', user: member.user!, member } } satisfies SignOn;
    assert.deepEqual(testResult(identity, signOn).problems, []);
    const [problem] = testResult({ ...identity, email: 'grace@example.com' }, signOn).problems;
    assert.match(problem!, /another email address than that of the member, Ada@example\.com\. Check that you logged in as yourself/);
  });

  it('[13.7] shows a refused response as a sentence', () => {
    assert.deepEqual(failedTest('the assertion has expired').problems, ['The assertion has expired.']);
  });
});
