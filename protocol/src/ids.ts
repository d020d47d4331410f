import * as z from 'zod/mini';

/**
 * A 64-bit integer as a decimal string. Ids are never numbers on the wire, because a number loses
 * digits above 2^53.
 */
export const idSchema = /* @__PURE__ */ z
  .string()
  .check(/* @__PURE__ */ z.regex(/^[0-9]{1,19}$/, 'An id must be a string of decimal digits.'));
export type Id = string;

/**
 * A path segment of digits is an id, which is why a slug of digits is refused (REST contract 1).
 * Any 18 digits fit into int8.
 */
export function isId(segment: string): boolean {
  return /^[0-9]{1,18}$/.test(segment);
}

/**
 * The number of an organization's committed commands. It stays below 2^53, so a JavaScript number
 * is exact.
 */
export const revisionSchema = z.int().check(z.nonnegative());
export type Revision = number;

/** An organization's position, as in the `X-Org-Revision` header: `<epoch>.<revision>`. */
export interface OrgRevision {
  readonly epoch: string;
  readonly revision: Revision;
}

export function formatOrgRevision({ epoch, revision }: OrgRevision): string {
  return `${epoch}.${revision}`;
}

/**
 * Parses `<epoch>.<revision>`, with or without the quotes of an entity tag. Returns null for any
 * other text.
 */
export function parseOrgRevision(text: string): OrgRevision | null {
  const match = /^"?([0-9a-f-]{36})\.([0-9]{1,16})"?$/.exec(text.trim());
  return match ? { epoch: match[1]!, revision: Number(match[2]) } : null;
}
