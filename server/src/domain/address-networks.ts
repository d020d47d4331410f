import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/**
 * Addresses and networks by family, because a `BlockList` also finds an IPv4 address in an IPv6
 * network such as ::/8.
 */
export type Networks = Readonly<Record<Family, BlockList>>;

/** @param cidrs in the normal form of `parseAddressRules` */
export function networksFrom(cidrs: readonly string[]): Networks {
  const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const cidr of cidrs) {
    const [address, prefix] = cidr.split('/') as [string, string?];
    const family = familyOf(address)!;
    if (prefix === undefined) networks[family].addAddress(address, family);
    else networks[family].addSubnet(address, Number(prefix), family);
  }
  return networks;
}

/**
 * Whether an address is one of the addresses or in one of the networks. An unknown address is not.
 * @param address as `addressOf` returns it
 */
export function isAddressIn(networks: Networks, address: string | null): boolean {
  const family = familyOf(address ?? '');
  return family !== null && networks[family].check(address!, family);
}

/** Null if the text is not an address. */
function familyOf(address: string): Family | null {
  const version = isIP(address);
  return version === 0 ? null : `ipv${version as 4 | 6}`;
}
