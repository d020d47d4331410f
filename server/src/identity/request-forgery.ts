/** The headers by which a browser says which page a request comes from. Scripts cannot set them. */
export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | readonly string[] | undefined;
}

/** Sites that are us, or nobody: an address that was typed. */
const ownSites: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * Why a request that carries no credential but a cookie may be another page's doing, or null (docs/adr/0015). A request
 * with neither header comes from no browser, which is the only program that sends cookies without being asked to.
 */
export function findForgery(headers: OriginHeaders, isAllowedOrigin: (origin: string) => boolean): string | null {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined)
    return isAllowedOrigin(origin) ? null : `Origin checking failed - ${origin} does not match any trusted origins.`;
  return site === undefined || ownSites.has(site) ? null : 'The request comes from another site and names no origin.';
}
