import { promises as dns } from 'node:dns';

/** The server is queried again after this time without a response. */
const attemptMsMax = 1_500;

/**
 * Queries DNS with c-ares, which occupies no thread while it waits.
 * @param servers empty for the servers of the system
 * @param lookupMsMax with several servers, the attempts alone could take longer
 */
export async function withResolver<T>(
  servers: readonly string[],
  lookupMsMax: number,
  lookUp: (resolver: dns.Resolver) => Promise<T>,
): Promise<T> {
  // Each look-up has its own resolver, because `cancel` ends all look-ups of one.
  const resolver = new dns.Resolver({ timeout: attemptMsMax, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), lookupMsMax);
  try {
    return await lookUp(resolver);
  } finally {
    clearTimeout(timer);
  }
}
