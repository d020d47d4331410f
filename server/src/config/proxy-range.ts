import { isIP } from 'node:net';
import proxyaddr from 'proxy-addr';

/** The names that proxy-addr knows for ranges. */
const rangeNames: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

/**
 * Whether `TRUSTED_PROXIES` may contain this item. proxy-addr alone takes the number of proxies, as
 * other software counts them, for an address, and `010.0.0.0/8` for 8.0.0.0/8.
 */
export function isProxyRange(word: string): boolean {
  const [address = ''] = word.split('/');
  if (!rangeNames.has(word) && isIP(address) === 0) return false;
  try {
    proxyaddr.compile([word]);
    return true;
  } catch {
    return false;
  }
}
