import type { promises as dns } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { Counters } from '../runtime/metrics/counters.ts';
import { withResolver } from './with-resolver.ts';

/**
 * Returns the TXT records of a name, each with its parts joined. Empty if the name has none. Null
 * if DNS did not state that, for example because no server responded.
 */
export type ReadTxtRecords = (name: string) => Promise<readonly string[] | null>;

const lookupMsMax = 5_000;

const noSuchRecord: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Reads TXT records.
 * @param servers DNS_SERVERS; empty for the servers of the system
 */
export function txtRecordReader(servers: readonly string[], counters: Counters): ReadTxtRecords {
  return async (name) => {
    const records = await withResolver(servers, lookupMsMax, (resolver) => lookUp(resolver, name));
    counters.increment('domainLookups', 1, records === null ? 'unavailable' : records.length === 0 ? 'missing' : 'found');
    return records;
  };
}

async function lookUp(resolver: dns.Resolver, name: string): Promise<readonly string[] | null> {
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    return noSuchRecord.has((error as NodeJS.ErrnoException).code) ? [] : null;
  }
}

export const dnsServersFault = 'must contain only IP addresses, each with an optional port, such as 192.0.2.53:53';

/**
 * Whether the text is the address of a DNS server: `192.0.2.53`, `192.0.2.53:5353`,
 * `[2001:db8::53]:53`.
 */
export function isDnsServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const isAddress = bracketed === undefined ? isIP(plain ?? '') === 4 : isIPv6(bracketed);
  return isAddress && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}
