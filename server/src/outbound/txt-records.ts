import { promises as dns } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { Counters } from '../runtime/counters.ts';

/**
 * Returns the TXT records of a name, each with its parts joined. Empty if the name has none. Null
 * if DNS did not state that, for example because no server responded.
 */
export type ReadTxtRecords = (name: string) => Promise<readonly string[] | null>;

/** The server is queried again after this time without a response. */
const attemptMsMax = 1_500;
/** With several servers, the attempts alone could take longer. */
const lookupMsMax = 5_000;

const noSuchRecord: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Reads TXT records with c-ares, which occupies no thread while it waits.
 * @param servers DNS_SERVERS; empty for the servers of the system
 */
export function txtRecordReader(servers: readonly string[], counters: Counters): ReadTxtRecords {
  return async (name) => {
    const records = await lookUp(servers, name);
    counters.increment('domainLookups', 1, records === null ? 'unavailable' : records.length === 0 ? 'missing' : 'found');
    return records;
  };
}

async function lookUp(servers: readonly string[], name: string): Promise<readonly string[] | null> {
  // Each look-up has its own resolver, because `cancel` ends all look-ups of one.
  const resolver = new dns.Resolver({ timeout: attemptMsMax, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), lookupMsMax);
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    return noSuchRecord.has((error as NodeJS.ErrnoException).code) ? [] : null;
  } finally {
    clearTimeout(timer);
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
