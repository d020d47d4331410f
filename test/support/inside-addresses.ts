/** Addresses that an organization must not reach: one for each range that is not public. */
export const insideAddresses: readonly string[] = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255'],
  // Unspecified, loopback, link-local, site-local, unique local, multicast.
  ...['::', '::1', 'fe80::1', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
  // IPv4-mapped in both spellings, IPv4-compatible, and translated (RFC 6145).
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '::7f00:1', '::ffff:0:127.0.0.1'],
  // NAT64, well-known and local; 6to4; Teredo.
  ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a00:1', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2001:0:4136:e378::1'],
  // Discard, documentation, benchmarking, segment routing, unassigned.
  ...['100::1', '2001:db8::1', '3fff::1', '2001:2::1', '5f00::1', '4000::1', 'e000::1'],
  ...['fe80::1%lo', '::1%lo'],
];

/** Hosts as they appear in a URL, each of which is such an address in some spelling. */
export const insideHosts: readonly string[] = [
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '017700000001', '127.0.0.1.', '127.1.'],
  ...['0', '0.0.0.0', '0x0', '169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '10.0.0.1', '012.0.0.1', '192.168.257'],
  ...['１２７.0.0.1', '127。0。0。1', '①②⑦.0.0.1', '%31%32%37.0.0.1'],
  ...insideAddresses.filter((address) => address.includes(':') && !address.includes('%')).map((address) => `[${address}]`),
  ...['[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::FFFF:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:0001]'],
];

/** Public addresses next to ranges that are not. */
export const publicAddresses: readonly string[] = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1', '169.253.255.255'],
  ...['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255', '93.184.216.34'],
  ...['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '2400:cb00::1', '::ffff:1.1.1.1'],
];
