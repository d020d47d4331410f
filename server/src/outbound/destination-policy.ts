import ipaddr from 'ipaddr.js';
import { type Address, type AllowedDestinations, hostNameOf, isInRange, parseAddress } from './allowed-destinations.ts';

/**
 * The reasons, as the metric labels them. `url`: the text isn't a URL, or it contains a username or
 * a password.
 */
export type RefusalReason = 'url' | 'scheme' | 'port' | 'own-host' | 'address';

/** The parts of a URL on which the decision about an address depends. */
export interface Destination {
  readonly protocol: string;
  /** As in `URL.hostname`; the brackets of an IPv6 address are optional. */
  readonly hostname: string;
}

export interface DestinationPolicyOptions {
  readonly allowed: AllowedDestinations;
  /** PUBLIC_URL. A request to it could cause the same request again. */
  readonly publicUrl: string;
  /** The ports of the services that this server itself uses. */
  readonly servicePorts: ReadonlySet<number>;
}

/** Decides which servers may be called at an address that an organization chose. */
export class DestinationPolicy {
  readonly #allowed: AllowedDestinations;
  readonly #ownHost: string;
  readonly #servicePorts: ReadonlySet<number>;

  constructor({ allowed, publicUrl, servicePorts }: DestinationPolicyOptions) {
    this.#allowed = allowed;
    this.#ownHost = hostNameOf(new URL(publicUrl).hostname);
    this.#servicePorts = servicePorts;
  }

  /**
   * Evaluates a URL before its name is resolved. An address in the URL is evaluated here, because
   * it is never looked up.
   */
  refuseUrl(url: URL): RefusalReason | null {
    const { protocol, hostname, username, password } = url;
    if (`${username}${password}` !== '') return 'url';
    if (protocol !== 'https:' && protocol !== 'http:') return 'scheme';
    const port = portOf(url);
    if (port === 0 || this.#servicePorts.has(port)) return 'port';
    const literal = parseAddress(hostNameOf(hostname));
    return literal && this.#refuse(url, literal);
  }

  /**
   * Evaluates a URL when it is saved. Also refuses `http:` for a host that OUTBOUND_ALLOWED can't
   * contain, since each call would be refused.
   */
  refuseStoredUrl(url: URL): RefusalReason | null {
    const hasTls = url.protocol === 'https:' || this.#mayAllow(hostNameOf(url.hostname));
    return this.refuseUrl(url) ?? (hasTls ? null : 'scheme');
  }

  /**
   * Evaluates an address to which the destination's name resolved, or to which a socket is
   * connected.
   */
  refuseAddress(destination: Destination, address: string | undefined): RefusalReason | null {
    const parsed = address === undefined ? null : parseAddress(address);
    return parsed ? this.#refuse(destination, parsed) : 'address';
  }

  /**
   * Whether OUTBOUND_ALLOWED contains the server, which may then be called without TLS. `localhost`
   * is resolved to an address of this machine.
   */
  allowsWithoutTls({ hostname }: URL): boolean {
    const name = hostNameOf(hostname);
    return this.#isAllowed(name, parseAddress(name === 'localhost' ? '127.0.0.1' : name));
  }

  /** Whether OUTBOUND_ALLOWED has the name, or ranges in which its addresses may be. */
  #mayAllow(name: string): boolean {
    return this.#allowed.names.has(name) || this.#allowed.ranges.length > 0;
  }

  #refuse({ protocol, hostname }: Destination, address: Address): RefusalReason | null {
    const name = hostNameOf(hostname);
    if (this.#isAllowed(name, address)) return null;
    if (name === this.#ownHost) return 'own-host';
    if (!isPublic(address)) return 'address';
    return protocol === 'https:' ? null : 'scheme';
  }

  #isAllowed(name: string, address: Address | null): boolean {
    return this.#allowed.names.has(name) || (address !== null && this.#allowed.ranges.some((range) => isInRange(address, range)));
  }
}

/** All global unicast addresses that IANA has assigned are in 2000::/3 (RFC 4291 section 2.4). */
const globalIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * ipaddr.js calls every address unicast that is in none of its special ranges. That includes the
 * deprecated IPv4-compatible addresses (::127.0.0.1) and unassigned ones.
 */
function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isInRange(address, globalIPv6));
}

export function portOf({ port, protocol }: Pick<URL, 'port' | 'protocol'>): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
