import { digestToken, mintOrgToken } from './tokens.ts';

/**
 * Returns a function that creates the text of a new organization token, and the parts that are
 * stored.
 */
export function minterOf(publicUrl: string) {
  return (orgSlug: string) => {
    const text = mintOrgToken({ publicUrl, orgSlug, issuedAtMs: Date.now() });
    return { text, ...digestToken(text) };
  };
}
