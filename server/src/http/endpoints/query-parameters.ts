import * as z from 'zod';

/** Parameters that several lists share. */

/** @param keys the keys that `key:value` may name */
export function searchParameter(matches: string, keys: readonly string[]) {
  const named = keys.map((key) => `\`${key}:\``).join(', ');
  const description = `Words match ${matches}. \`key:value\` filters by ${named}; a key twice means either, another key means nothing is found.`;
  return z.string().optional().describe(description);
}

export const detailedParameter = z.enum(['0', '1']).optional();

export const collapseParameter = z
  .array(z.enum(['organization']))
  .optional()
  .describe('Leaves the organization out.');
