import { keepToken, mintOrgToken } from './tokens.ts';

/** How a new organization token's text is made, and what is kept of it. */
export function minterOf(publicUrl: string) {
  return (orgSlug: string) => {
    const text = mintOrgToken({ publicUrl, orgSlug, issuedAtMs: Date.now() });
    return { text, ...keepToken(text) };
  };
}
