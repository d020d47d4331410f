import { DnsServer } from '../support/dns-server.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { startServer } from '../support/server.ts';
import { startedOnce } from '../support/shared.ts';

/** The DNS server that the server below asks. */
export const consoleDns = startedOnce(async () => {
  const dns = await DnsServer.start();
  return { dns, stop: () => dns[Symbol.asyncDispose]() };
});

/**
 * The server for all tests that do not need one of their own. Each test has its own organizations
 * and users. It may call identity providers and workflows of Teams on the loopback interface.
 */
export const consoleServer = startedOnce(async () => {
  // The services that start here stop after the server.
  const [{ dns }] = await Promise.all([consoleDns(), sharedPostgres()]);
  return startServer({ OUTBOUND_ALLOWED: '127.0.0.1', MSTEAMS_HOSTS: '127.0.0.1', DNS_SERVERS: dns.address });
});
