import * as z from 'zod/mini';

/** A 64-bit integer as a decimal string: ids never travel as numbers, which would lose digits above 2^53. */
export const idSchema = z.string().check(z.regex(/^[0-9]{1,19}$/, 'An id is a decimal string.'));
export type Id = string;

/** A purely decimal path segment is an id, which is why an all-digit slug is refused (REST contract 1). int8 holds 18 digits whatever they are. */
export function isId(segment: string): boolean {
  return /^[0-9]{1,18}$/.test(segment);
}

/** Counts an organization's committed commands. Below 2^53, so a JavaScript number holds it. */
export const revisionSchema = z.int().check(z.nonnegative());
export type Revision = number;

/** Where an organization stands, as the `X-Org-Revision` header says it: `<epoch>.<revision>`. */
export interface OrgRevision {
  readonly epoch: string;
  readonly revision: Revision;
}

export function formatOrgRevision({ epoch, revision }: OrgRevision): string {
  return `${epoch}.${revision}`;
}

/** Accepts `<epoch>.<revision>`, with or without the quotes of an entity tag. Null when it is neither. */
export function parseOrgRevision(text: string): OrgRevision | null {
  const match = /^"?([0-9a-f-]{36})\.([0-9]{1,16})"?$/.exec(text.trim());
  return match ? { epoch: match[1]!, revision: Number(match[2]) } : null;
}
