import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes } from '@rollcall/protocol';
import { named } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { type DescribedRoute, isCommand } from './described-route.ts';

/** The forms of error responses (REST contract 1.1). */

const detail = z.object({ detail: z.string().describe('Description of the error, in English.') });
const messages = z.union([z.string(), z.array(z.string())]);

const problemShape = named('Problem', 'An error. Programs should use the code in `X-Sentry-Error`.', detail);
const invalidFieldsShape = named(
  'InvalidFields',
  'Error messages by field. `non_field_errors` contains errors that concern several fields.',
  z.record(z.string(), messages),
);
const codedShape = named(
  'CodedProblem',
  'An error with its code in the body.',
  z.object({
    detail: z
      .object({
        code: z.string().describe('For example `2fa-required` or `sudo-required`.'),
        message: z.string().optional().describe('Description of the error, in English.'),
        extra: z.record(z.string(), z.unknown()).optional().describe('Values for programs. The keys depend on the code.'),
      })
      .describe('The error.'),
  }),
);
const unauthenticatedShape = named(
  'Unauthenticated',
  'The credential was refused. Only if its user does not exist yet, a retry may succeed.',
  detail.extend({
    reason: z
      .literal('unknown-user')
      .optional()
      .describe('Present only for a valid token of a trusted issuer whose user does not exist yet. Try again later.'),
    retryAfterMs: z
      .tuple([z.int(), z.int()])
      .optional()
      .describe(
        'With `reason`: the range of the time to wait, in milliseconds. Choose a random time, so that clients don’t return together.',
      ),
  }),
);
const conflictShape = named(
  'RevisionConflict',
  'The organization is at another revision than the request expects.',
  detail.extend({ orgRevision: z.string().describe('The organization’s current revision, in the format of `X-Org-Revision`.') }),
);
const internalShape = named(
  'InternalProblem',
  'An unexpected error of the server.',
  detail.extend({ errorId: z.string().describe('Identifies the error in the server’s log.') }),
);

/**
 * The response of a list of projects to an `id:` that is not a number. Its odd form is an accident
 * of Sentry, which clients have learned to read.
 */
const queryShape = named(
  'QueryProblem',
  'An error in the search of a list of projects.',
  z.object({
    error: z
      .object({
        params: z
          .object({
            stats_period: z
              .object({ message: z.string().describe('Description of the error, in English.') })
              .describe('The error of the search. Clients of Sentry expect it under the name of this parameter.'),
          })
          .describe('Errors by parameter.'),
      })
      .describe('The error.'),
  }),
);

/** Shapes by status. Any other status has a `Problem`. */
const shapes: Readonly<Record<number, z.ZodType>> = {
  400: z.union([problemShape, codedShape, invalidFieldsShape, z.array(z.string()), queryShape]),
  401: z.union([unauthenticatedShape, codedShape]),
  403: z.union([problemShape, codedShape, invalidFieldsShape]),
  409: z.union([problemShape, codedShape, invalidFieldsShape]),
  410: codedShape,
  412: conflictShape,
  500: internalShape,
};

export function problemShapeOf(status: number): z.ZodType {
  return shapes[status] ?? problemShape;
}

const meanings = {
  invalid: 'The request is invalid.',
  'cursor-invalid': 'The cursor is malformed or belongs to another organization.',
  unauthenticated: 'The credential is missing, unknown, expired or not valid for this operation.',
  'two-factor-required': 'The organization or the login requires a second factor.',
  'sso-required': 'The organization requires a login by single sign-on.',
  'sudo-required': 'The operation requires a recent login.',
  forbidden: 'The caller does not have permission for this operation.',
  'address-not-allowed': 'The organization does not allow the caller’s address.',
  'full-login-required': 'A session that began with single sign-on may not do this.',
  'not-found': 'The resource does not exist.',
  'method-not-allowed': 'The path does not support this method.',
  'legal-hold': 'The organization’s data is under legal hold and is not removed.',
  'already-exists': 'The resource already exists, or its name or slug is in use.',
  'last-owner': 'An organization would have no owner left. Make another member an owner first.',
  'cursor-of-another-view':
    'The cursor was created for a caller with other rights, who sees other records. `extra.snapshot` is the path of a snapshot.',
  'cursor-expired': 'The log no longer contains the changes after the cursor. `extra.snapshot` is the path of a snapshot.',
  'revision-conflict': 'The organization is not at the revision in `If-Match`.',
  'too-large': 'The request body is too large.',
  'unsupported-media-type': 'The request body is compressed or not JSON.',
  'key-reused': 'The `Idempotency-Key` was used for another request.',
  'rate-limited': 'The caller sent too many requests. `Retry-After` is the number of seconds to wait.',
  internal: 'The server failed unexpectedly.',
  unavailable: 'The database is unavailable, or the server is stopping. `Retry-After` is the number of seconds to wait.',
} as const satisfies Partial<Record<ErrorCode, string>>;
type DescribedCode = keyof typeof meanings;

/** Returns the status of every error that this route can return. */
export function problemsOf(route: DescribedRoute): readonly number[] {
  const codes: ErrorCode[] = ['invalid', 'unauthenticated', 'forbidden', 'rate-limited', 'internal', 'unavailable'];
  if (route.method !== 'GET') codes.push('unsupported-media-type', 'too-large');
  if (route.path.includes('/:')) codes.push('not-found');
  if (isCommand(route)) codes.push('revision-conflict', 'key-reused');
  codes.push(...(route.metadata.errors ?? []));
  return [...new Set(codes.map((code) => errorCodes[code].status))].sort();
}

/** The responses that operations refer to, by status. */
export function problemStatuses(): ReadonlyMap<number, { readonly name: string; readonly description: string }> {
  const codes = Object.keys(meanings) as DescribedCode[];
  const statuses = [...new Set(codes.map((code) => errorCodes[code].status))].sort();
  return new Map(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => errorCodes[code].status === status);
      const description = ofStatus.map((code) => `\`${code}\`: ${meanings[code]}`).join(' ');
      return [status as number, { name: STATUS_CODES[status]!.replaceAll(/\W/g, ''), description }];
    }),
  );
}
