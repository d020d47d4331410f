import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';

/**
 * Whose address a request comes from: the connection's, or what a trusted proxy says. An IPv4 address in IPv6 clothes is
 * the IPv4 address, so that one caller has one address. What is none, whoever said it, is not believed.
 */
export function addressOf(request: Request): string | null {
  return firstAddress(request.ip, request.socket.remoteAddress);
}

/** The same for a request that Express does not handle. */
export function addressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string | null {
  const trust = proxyaddr.compile([...trustedProxies]);
  return (request) => firstAddress(proxyaddr(request, trust), request.socket.remoteAddress);
}

/** Whether `TRUSTED_PROXIES` may hold this word. */
export function isProxyRange(word: string): boolean {
  try {
    proxyaddr.compile([word]);
    return true;
  } catch {
    return false;
  }
}

function firstAddress(...candidates: readonly (string | undefined)[]): string | null {
  for (const candidate of candidates) {
    if (candidate !== undefined && ipaddr.isValid(candidate)) return ipaddr.process(candidate).toString();
  }
  return null;
}
