import { isIP } from 'node:net';

/** This server as browsers and authenticators know it (WebAuthn section 4). */
export interface RelyingParty {
  /** The host name, for which an authenticator keeps the passkey. */
  readonly id: string;
  /** The only origin whose pages may use it. */
  readonly origin: string;
}

/** The reason why passkeys are not offered at other addresses. */
export const whereBrowsersAllowPasskeys =
  'Browsers allow passkeys only at a host name with https, or at localhost, and not at an IP address.';

/**
 * Null at an address where browsers refuse passkeys: an IP address, or http other than on
 * localhost.
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | null {
  const { hostname, origin, protocol } = new URL(publicUrl);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  const isAddress = hostname.startsWith('[') || isIP(hostname) !== 0;
  return isAddress || (protocol !== 'https:' && !isLocal) ? null : { id: hostname, origin };
}
