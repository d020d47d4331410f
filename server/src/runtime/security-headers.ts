/** Headers by their names. */
export type SecurityHeaders = Readonly<Record<string, string>>;

/** A year, the minimum that browsers' preload lists and OWASP ASVS (V3.4.1) require. */
const transportSeconds = 365 * 24 * 60 * 60;

/**
 * The headers of every response, in the same order. A route replaces the value of one that its
 * content needs, and one whose response has a validator replaces `Cache-Control`.
 */
export function securityHeaders(publicUrl: string | null): SecurityHeaders {
  return {
    // Responses contain addresses of people and tokens. Browsers would store those without a
    // validator too, for the back button.
    'Cache-Control': 'no-store',
    // A response that a browser opens as a document loads and runs nothing, and can't be framed.
    'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Origin-Agent-Cluster': '?1',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    // For browsers that ignore `frame-ancestors`.
    'X-Frame-Options': 'DENY',
    // Browsers ignore it over http. On localhost it would hold for all servers of the machine.
    ...(publicUrl !== null &&
      isPublicHttps(new URL(publicUrl)) && { 'Strict-Transport-Security': `max-age=${transportSeconds}; includeSubDomains` }),
  };
}

function isPublicHttps({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && hostname !== 'localhost' && !hostname.endsWith('.localhost');
}
