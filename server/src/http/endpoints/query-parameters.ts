import * as z from 'zod';

/** Parameters that several lists share. */

/** @param keys the keys that `key:value` may name */
export function searchParameter(matches: string, keys: readonly string[]) {
  const named = keys.map((key) => `\`${key}\``).join(', ');
  const description = `A search in Sentry’s syntax. Free text matches ${matches}. The keys of \`key:value\` filters are ${named}. Several values of a key are alternatives. An unknown key makes the result empty.`;
  return z.string().optional().describe(description);
}

export const detailedParameter = z.enum(['0', '1']).optional();

export const collapseParameter = z
  .array(z.enum(['organization']))
  .optional()
  .describe('Omits `organization`.');
