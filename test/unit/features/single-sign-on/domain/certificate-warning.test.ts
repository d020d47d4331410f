import assert from 'node:assert/strict';
import { certificateWarningOf } from '../../../../../server/src/features/single-sign-on/domain/certificate-warning.ts';
import { anAuthProvider } from '../../../../support/builders.ts';

const certificate = (fingerprint: string, notAfter: string) => ({ fingerprint, notAfter: `${notAfter}T12:00:00.000000Z` });
const provider = anAuthProvider({ status: 'active', certificates: [certificate('B', '2026-06-30'), certificate('A', '2026-06-10')] });
const daysAt = (now: string) => certificateWarningOf(provider, `${now}T12:00:00.000000Z`)?.days;

describe('the warning before a certificate ends', () => {
  it('[13.4] has the smallest of 30, 7 and 1 days that was reached, until the end', () => {
    assert.deepEqual(
      ['2026-05-30', '2026-05-31', '2026-06-22', '2026-06-23', '2026-06-28', '2026-06-29', '2026-06-30', '2026-07-01'].map(daysAt),
      [undefined, 30, 30, 7, 7, 1, undefined, undefined],
    );
  });

  it('[13.4] names the certificate that is valid longest', () => {
    assert.equal(certificateWarningOf(provider, '2026-06-09T12:00:00.000000Z')?.fingerprint, 'B');
  });

  it('[13.4] does not exist without an active provider or without a certificate', () => {
    for (const none of [null, { ...provider, status: 'draft' as const }, { ...provider, certificates: [] }]) {
      assert.equal(certificateWarningOf(none, '2026-06-29T12:00:00.000000Z'), null);
    }
  });
});
