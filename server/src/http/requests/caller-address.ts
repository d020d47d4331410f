import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';

/**
 * The address of a request's caller: that of the connection, or the one that a trusted proxy
 * reports. An IPv4-mapped IPv6 address becomes the IPv4 address, so that one caller has one
 * address. A value that is not an address is ignored, even from a trusted proxy.
 */
export function addressOf(request: Request): string | null {
  return firstAddress(request.ip, request.socket.remoteAddress);
}

/** The same for requests that Express does not handle. */
export function addressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string | null {
  const trust = proxyaddr.compile([...trustedProxies]);
  return (request) => firstAddress(proxyaddr(request, trust), request.socket.remoteAddress);
}

/** Whether `TRUSTED_PROXIES` may contain this item. */
export function isProxyRange(word: string): boolean {
  try {
    proxyaddr.compile([word]);
    return true;
  } catch {
    return false;
  }
}

/** `isIP` comes first, because ipaddr.js alone takes `010.0.0.1` for 8.0.0.1. */
function firstAddress(...candidates: readonly (string | undefined)[]): string | null {
  for (const candidate of candidates) {
    if (candidate !== undefined && isIP(candidate) !== 0 && ipaddr.isValid(candidate)) return ipaddr.process(candidate).toString();
  }
  return null;
}
