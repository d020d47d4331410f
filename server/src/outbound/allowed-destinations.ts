import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** OUTBOUND_ALLOWED: servers inside the operator's network that organizations may have called. */
export interface AllowedDestinations {
  /** Host names as `hostNameOf` returns them. */
  readonly names: ReadonlySet<string>;
  readonly ranges: readonly AddressRange[];
}

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
type AddressRange = readonly [network: Address, prefixLength: number];

const label = /[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?/.source;
/** If the last label has only digits, the text is an address in an unusual spelling. */
const nameForm = new RegExp(`^(${label}\\.)*(?=[^.]*[a-z])${label}$`);

/**
 * Null if a word is neither a host name nor an address nor a range such as 10.0.0.0/8. Octal, short
 * and decimal spellings of IPv4 addresses are refused, because programs disagree about their
 * meaning.
 */
export function parseAllowedDestinations(words: readonly string[]): AllowedDestinations | null {
  const names = new Set<string>();
  const ranges: AddressRange[] = [];
  for (const word of words) {
    const range = parseRange(word);
    const name = hostNameOf(word.toLowerCase());
    if (range) ranges.push(range);
    else if (nameForm.test(name)) names.add(name);
    else return null;
  }
  return { names, ranges };
}

function parseRange(word: string): AddressRange | null {
  const [text = '', prefixLength] = word.split('/');
  const address = parseAddress(text);
  if (!address) return null;
  if (prefixLength === undefined) return [address, address.kind() === 'ipv4' ? 32 : 128];
  return ipaddr.isValidCIDR(word) ? ipaddr.parseCIDR(word) : null;
}

/**
 * An IPv4-mapped IPv6 address becomes the IPv4 address. Null if the text is not an address. `isIP`
 * comes first, because ipaddr.js alone also accepts `010.0.0.1` and `::ffff:0x7f.0.0.1`.
 */
export function parseAddress(text: string): Address | null {
  return isIP(text) !== 0 && ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

export function isInRange(address: Address, [network, prefixLength]: AddressRange): boolean {
  return address.kind() === network.kind() && address.match(network, prefixLength);
}

/**
 * Returns the host without the brackets of an IPv6 address, and without the dot that may end a
 * name.
 * @param host in lower case, as `URL.hostname` is
 */
export function hostNameOf(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}
