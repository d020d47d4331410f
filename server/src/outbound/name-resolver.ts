import { promises as dns, type LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { hostNameOf } from './allowed-destinations.ts';
import { withResolver } from './with-resolver.ts';

export interface NameResolverOptions {
  /** The names of OUTBOUND_ALLOWED, which may exist in the operator's network only. */
  readonly allowedNames: ReadonlySet<string>;
  /** @internal For tests. The default is the servers of the system. */
  readonly servers?: readonly string[];
  /** @internal For tests. */
  readonly hostsFile?: string;
}

/** The time for a look-up. It is shorter than the time for a connection. */
const lookupMsMax = 4_000;

/**
 * Returns all addresses of a name. c-ares looks up the names that organizations choose, because it
 * occupies no thread while it waits: the owner of a slow DNS server could otherwise occupy all
 * threads of the process. The system looks up the operator's own names: those of OUTBOUND_ALLOWED
 * and of /etc/hosts, and names without a dot.
 */
export function nameResolver({ allowedNames, servers = [], hostsFile = '/etc/hosts' }: NameResolverOptions) {
  return async (host: string): Promise<readonly LookupAddress[]> => {
    const name = hostNameOf(host.toLowerCase());
    const isOfOperator = !name.includes('.') || allowedNames.has(name) || (await readHostNames(hostsFile)).has(name);
    return isOfOperator ? dns.lookup(host, { all: true }) : withResolver(servers, lookupMsMax, (resolver) => lookUp(resolver, name));
  };
}

async function lookUp(resolver: dns.Resolver, name: string): Promise<readonly LookupAddress[]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  if (ipv4.status === 'rejected' && ipv6.status === 'rejected') throw ipv4.reason;
  return [...addressesOf(ipv4, 4), ...addressesOf(ipv6, 6)];
}

function addressesOf(result: PromiseSettledResult<readonly string[]>, family: 4 | 6): LookupAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];
}

/** Each line of the file has an address and its names, and may end with a comment. */
async function readHostNames(file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1));
  return new Set(lines.flat().map((name) => hostNameOf(name.toLowerCase())));
}
