import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import type { Services } from '../services.ts';

/**
 * A warning if a caller's address looks like that of a proxy. The server then sees the address of
 * the proxy instead of its clients', and a list of addresses would admit all of them, or none.
 * @param address as `addressOf` returns it
 */
export function proxyWarning(
  address: string | null,
  { trustedProxies, publicUrl }: Pick<Services, 'trustedProxies' | 'publicUrl'>,
): string | null {
  if (address === null) return null;
  if (proxyaddr.compile([...trustedProxies])(address, 0)) {
    return `Your address ${address} is one of TRUSTED_PROXIES. The proxy does not send the addresses of its clients.`;
  }
  if (!isPrivateAddress(address) || !isPublicHost(new URL(publicUrl).hostname)) return null;
  return `Your address ${address} is private. A proxy in front of the server may be missing in TRUSTED_PROXIES.`;
}

const privateRanges: ReadonlySet<string> = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat']);

function isPrivateAddress(address: string): boolean {
  return privateRanges.has(ipaddr.process(address).range());
}

/** Names of private networks, by RFC 6761, RFC 6762 and RFC 8375. */
const privateNames = /(^|\.)(localhost|local|internal|test|home\.arpa)$/;

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host)) return !isPrivateAddress(host);
  return host.includes('.') && !privateNames.test(host);
}
