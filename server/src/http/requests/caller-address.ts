import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';

const portMax = 65_535;

/**
 * The address of a request's caller: that of the connection, or the one that a trusted proxy
 * reports. An IPv4-mapped IPv6 address becomes the IPv4 address, so that one caller has one
 * address. A port after the address is dropped, because Azure's gateways report one. Another value
 * that is not an address is ignored, even from a trusted proxy.
 */
export function addressOf(request: Request): string | null {
  let address = addresses.get(request);
  if (address === undefined) {
    address = firstAddress(request.ip, request.socket.remoteAddress);
    addresses.set(request, address);
  }
  return address;
}

/** Each request needs its address several times. `npm run bench:commits` measures the gain. */
const addresses = new WeakMap<Request, string | null>();

/** The same for requests that Express does not handle. */
export function addressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string | null {
  const trust = proxyTrust(trustedProxies);
  return (request) => firstAddress(proxyaddr(request, trust), request.socket.remoteAddress);
}

/** Whether an address in `X-Forwarded-For` is a trusted proxy's. Its port makes no difference. */
export function proxyTrust(trustedProxies: readonly string[]): (address: string, hops: number) => boolean {
  const trust = proxyaddr.compile([...trustedProxies]);
  return (address, hops) => trust(withoutPort(address), hops);
}

/** `isIP` comes first, because ipaddr.js alone takes `010.0.0.1` for 8.0.0.1. */
function firstAddress(...candidates: readonly (string | undefined)[]): string | null {
  for (const candidate of candidates) {
    const address = withoutPort(candidate ?? '');
    if (isIP(address) !== 0 && ipaddr.isValid(address)) return ipaddr.process(address).toString();
  }
  return null;
}

/** `1.2.3.4:5678` and `[::1]:5678` become the address. Any other text stays as it is. */
function withoutPort(text: string): string {
  const [, ipv4 = '', ipv6 = '', port] = /^(?:([\d.]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(text) ?? [];
  return (isIPv4(ipv4) || isIPv6(ipv6)) && Number(port) <= portMax ? ipv4 || ipv6 : text;
}
