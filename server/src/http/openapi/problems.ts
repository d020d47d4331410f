import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes } from '@rollcall/protocol';
import { named } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { type DescribedRoute, isCommand } from './described-route.ts';

/** The forms of error responses (REST contract 1.1). */

const detail = z.object({ detail: z.string() });
const messages = z.union([z.string(), z.array(z.string())]);

export const problemShape = named('Problem', detail.describe('What went wrong, for people. Programs read the code in `X-Sentry-Error`.'));
export const invalidFieldsShape = named(
  'InvalidFields',
  z.record(z.string(), messages).describe('What is wrong with each field. `non_field_errors` is about all together.'),
);
const codedShape = named(
  'CodedProblem',
  z.object({
    detail: z.object({
      code: z.string().describe('Such as `2fa-required` or `sudo-required`.'),
      message: z.string().optional(),
      extra: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
);
const conflictShape = named(
  'RevisionConflict',
  detail.extend({ orgRevision: z.string().describe('Where the organization is now, as in `X-Org-Revision`.') }),
);
const internalShape = named('InternalProblem', detail.extend({ errorId: z.string().describe('What the log names it by.') }));

/**
 * The response of a list of projects to an `id:` that is not a number. Its odd form is an accident
 * of upstream, which clients have learned to read.
 */
const queryShape = named(
  'QueryProblem',
  z.object({ error: z.object({ params: z.object({ stats_period: z.object({ message: z.string() }) }) }) }),
);

/** Shapes by status. Any other status has a `Problem`. */
const shapes: Readonly<Record<number, z.ZodType>> = {
  400: z.union([problemShape, codedShape, invalidFieldsShape, z.array(z.string()), queryShape]),
  401: z.union([problemShape, codedShape]),
  403: z.union([problemShape, codedShape, invalidFieldsShape]),
  409: z.union([problemShape, invalidFieldsShape]),
  412: conflictShape,
  500: internalShape,
};

export function problemShapeOf(status: number): z.ZodType {
  return shapes[status] ?? problemShape;
}

const meanings = {
  invalid: 'Something in the call is wrong.',
  unauthenticated: 'The credential is missing, unknown or expired, or not for this.',
  'two-factor-required': 'The organization, or the login, asks for a second factor.',
  'sudo-required': 'A session must have proved lately whose it is.',
  forbidden: 'The caller may not do this.',
  'not-found': 'There is no such thing.',
  'method-not-allowed': 'The path has no such method.',
  'already-exists': 'What is to be made, or its name, is there already.',
  'revision-conflict': 'The organization is not at the revision that `If-Match` names.',
  'too-large': 'The body is too large.',
  'unsupported-media-type': 'The body is no JSON, or it is compressed.',
  'key-reused': 'The `Idempotency-Key` was used for another call.',
  'rate-limited': 'Too many calls. `Retry-After` says when to come back.',
  internal: 'A mistake of the server.',
  unavailable: 'The database cannot be reached, or the server is stopping. `Retry-After` says when to come back.',
} as const satisfies Partial<Record<ErrorCode, string>>;
type AnsweredCode = keyof typeof meanings;

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
  const codes = Object.keys(meanings) as AnsweredCode[];
  const statuses = [...new Set(codes.map((code) => errorCodes[code].status))].sort();
  return new Map(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => errorCodes[code].status === status);
      const description = ofStatus.map((code) => `\`${code}\`: ${meanings[code]}`).join(' ');
      return [status as number, { name: STATUS_CODES[status]!.replaceAll(/\W/g, ''), description }];
    }),
  );
}
