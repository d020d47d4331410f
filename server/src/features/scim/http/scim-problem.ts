import { type ErrorCode, OrgError } from '@rollcall/protocol';

/** The `scimType` of an error (RFC 7644, section 3.12). */
export type ScimType = 'invalidFilter' | 'invalidPath' | 'invalidSyntax' | 'invalidValue' | 'tooMany';

/** An error with a `scimType`. The response adds the rest of the envelope. */
export function scimProblem(detail: string, scimType?: ScimType, code: ErrorCode = 'invalid'): OrgError {
  return new OrgError(code, detail, { body: { detail, ...(scimType ? { scimType } : {}) } });
}
