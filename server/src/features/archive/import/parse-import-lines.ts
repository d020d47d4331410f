import * as z from 'zod';
import { isReservedLogin } from '../../../database/identity/placeholder-address.ts';
import { findNameFault } from '../../../runtime/text/name-text.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';

/**
 * The reason why an import skipped a line. The rest of the import continues.
 *
 * - `bad-json`: the line is not JSON
 * - `bad-operation`: an unknown operation, or a field that is missing or invalid, such as a name
 *   with a line break or `://`, or the login of a placeholder
 * - `bad-slug`: a name that makes an empty slug, or one of digits only, which would be treated as
 *   an id
 * - `slug-taken`: another team or project has the slug that this name makes
 * - `unknown-team`: the team to join, to have a role on or to assign to does not exist
 * - `not-a-member`: a role or a team for a user who is not a member at this line
 * - `not-on-team`: a team role for a member who is not on that team
 */
export type SkipReason = 'bad-json' | 'bad-operation' | 'bad-slug' | 'slug-taken' | 'unknown-team' | 'not-a-member' | 'not-on-team';

/**
 * The local part of an address, restricted to the characters and the 64-character limit (RFC 5321)
 * that logins use.
 */
const loginSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/)
  .refine((login) => !isReservedLogin(login));
const nameSchema = z
  .string()
  .refine((text) => isStorable(text) && findNameFault(text) === null)
  .trim()
  .min(1)
  .max(200);
const orgRoleSchema = z.enum(['owner', 'member']);
const teamRoleSchema = z.enum(['contributor', 'admin']);
/** Lines with the same `commit` belong to one merge. */
const merge = { commit: z.string().optional() };

const operationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['member.add', 'member.role']), login: loginSchema, role: orgRoleSchema, ...merge }),
  z.object({ op: z.literal('member.remove'), login: loginSchema, ...merge }),
  z.object({ op: z.enum(['team.create', 'team.remove']), team: nameSchema, ...merge }),
  z.object({ op: z.enum(['team.join', 'team.role']), team: nameSchema, login: loginSchema, role: teamRoleSchema, ...merge }),
  z.object({ op: z.literal('team.leave'), team: nameSchema, login: loginSchema, ...merge }),
  z.object({ op: z.enum(['project.assign', 'project.unassign']), team: nameSchema, project: nameSchema, ...merge }),
]);
export type ImportOperation = z.infer<typeof operationSchema>;
export const operationNames: readonly string[] = operationSchema.options.flatMap(({ shape }) =>
  shape.op instanceof z.ZodEnum ? shape.op.options : [...shape.op.values],
);

/** The number of the line, starting at 1. */
export type ImportLine = { readonly line: number } & ({ readonly operation: ImportOperation } | { readonly reason: SkipReason });

/**
 * Splits the text into lines of one JSON object each. An empty text after the last line break is
 * not a line.
 */
export function parseImportLines(text: string): ImportLine[] {
  const lines = text.split('\n');
  if (lines.at(-1)!.trim() === '') lines.pop();
  return lines.map((content, index) => ({ line: index + 1, ...parseLine(content) }));
}

function parseLine(content: string): { operation: ImportOperation } | { reason: SkipReason } {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { reason: 'bad-json' };
  }
  const parsed = operationSchema.safeParse(value);
  return parsed.success ? { operation: parsed.data } : { reason: 'bad-operation' };
}
