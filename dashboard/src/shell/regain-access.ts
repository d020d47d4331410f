/**
 * The address of the page to set up 2FA, which returns to the organization afterwards.
 * @param path the page of the organization to return to. Default: its first page.
 */
export function setUp2faAddress(slug: string, path?: string): string {
  const query = new URLSearchParams({ organization: slug, ...(path !== undefined && { page: path }) });
  return `/account/security/?${query}`;
}

/**
 * The page of the server where members of the organization log in with its identity provider. It
 * returns to `next`, a path of this console. Without one, it returns to the organization.
 */
export function ssoLoginAddress(slug: string, next?: string): string {
  const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`;
  return `/auth/login/${encodeURIComponent(slug)}/${query}`;
}
