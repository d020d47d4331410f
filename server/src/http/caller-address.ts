import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

/**
 * Whose address a request comes from: the connection's, or what a trusted proxy says. An IPv4 address in IPv6 clothes is
 * the IPv4 address, so that one caller has one address. What is none, whoever said it, is not believed.
 */
export function addressOf(request: Request): string | null {
  for (const candidate of [request.ip, request.socket.remoteAddress]) {
    if (candidate !== undefined && ipaddr.isValid(candidate)) return ipaddr.process(candidate).toString();
  }
  return null;
}
