import { OrgError, type RetentionRecord } from '@rollcall/protocol';

const message = 'The data of this organization is under legal hold. Nothing can be removed until the operator ends the hold.';

/**
 * Call it in `decide`, with the record that was read under the organization's lock.
 * @throws OrgError `legal-hold`
 */
export function assertNoLegalHold(retention: Pick<RetentionRecord, 'legalHold'> | null): void {
  if (retention?.legalHold) throw new OrgError('legal-hold', message, { body: { detail: { code: 'legal-hold', message, extra: {} } } });
}
