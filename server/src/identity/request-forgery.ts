/** The headers in which a browser names the page that sent a request. Scripts cannot set them. */
export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | readonly string[] | undefined;
}

/** This server's own pages, and requests without a page, such as a typed address. */
const ownSites: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * The reason why a request with a cookie as its only credential may come from another site's page,
 * or null (docs/adr/0015). A request with neither `Origin` nor `Sec-Fetch-Site` does not come from
 * a browser, and only browsers send cookies by themselves.
 */
export function findForgery(headers: OriginHeaders, isAllowedOrigin: (origin: string) => boolean): string | null {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined)
    return isAllowedOrigin(origin) ? null : `Origin checking failed - ${origin} does not match any trusted origins.`;
  return site === undefined || ownSites.has(site) ? null : 'Cross-site requests must have an Origin header.';
}
