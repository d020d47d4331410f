/**
 * The network of an address, as a person or a company usually has one: /24 for IPv4, /48 for IPv6.
 * @param address as `addressOf` returns it: an IPv6 address is normalized
 */
export function eventNetworkOf(address: string): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const missing = right === undefined ? 0 : 8 - head.length - (right === '' ? 0 : right.split(':').length);
  const groups = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...(right ? right.split(':') : [])];
  return `${groups.slice(0, 3).join(':')}::/48`;
}

/**
 * The text that stands for one address in a flood. Anyone with an IPv6 address has at least a /64,
 * and often a /48.
 */
export function floodAddressOf(address: string | null): string {
  if (address === null) return '';
  return address.includes(':') ? eventNetworkOf(address) : address;
}
