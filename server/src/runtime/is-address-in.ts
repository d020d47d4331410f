import { BlockList, isIP } from 'node:net';

/**
 * Whether an address is one of the addresses or in one of the networks. An unknown address is not.
 * @param cidrs in the normal form of `parseAddressRules`
 * @param address as `addressOf` returns it
 */
export function isAddressIn(cidrs: readonly string[], address: string | null): boolean {
  const family = familyOf(address ?? '');
  if (family === null) return false;
  const networks = new BlockList();
  for (const cidr of cidrs) {
    const [network, prefix] = cidr.split('/') as [string, string?];
    // A `BlockList` also finds an IPv4 address in an IPv6 network such as ::/8.
    if (familyOf(network) !== family) continue;
    if (prefix === undefined) networks.addAddress(network, family);
    else networks.addSubnet(network, Number(prefix), family);
  }
  return networks.check(address!, family);
}

/** Null if the text is not an address. */
function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address);
  return version === 0 ? null : `ipv${version as 4 | 6}`;
}
