import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { servicePortsOf } from '../../config/service-ports.ts';
import type { Config } from '../../config.ts';
import { listenAddressOf } from '../../http/listen.ts';
import { Outbound } from '../../outbound/outbound.ts';
import { failureTexts } from '../../outbound/outbound-error.ts';
import { withResolver } from '../../outbound/with-resolver.ts';
import { Counters } from '../../runtime/metrics/counters.ts';

// Each function describes what works, or throws an Error that names what doesn't.

/** Listens on another port, because a running server may use the configured one. */
export async function examineHost({ host }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, listenAddressOf(host), () => server.close(() => resolve()));
  });
  return `${host} is an address of this machine`;
}

/** Does not create the folder. */
export function assertCreatable(folder: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = path.dirname(existing);
  if (!statSync(existing).isDirectory()) throw new Error(`${folder} cannot be created: ${existing} is not a folder`);
  try {
    accessSync(existing, constants.W_OK);
  } catch (error) {
    throw new Error(`${folder} cannot be created: ${(error as Error).message}`);
  }
}

const lookupMsMax = 5_000;
/**
 * Node's error codes for a query without a response. Any other error proves that a DNS server
 * responded.
 */
const withoutResponse: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ETIMEOUT', 'ECANCELLED']);

export async function examineDnsServer(server: string): Promise<string> {
  try {
    await withResolver([server], lookupMsMax, (resolver) => resolver.resolveTxt('example.com'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (withoutResponse.has(code)) throw new Error(`${server} does not respond: ${code}`);
  }
  return `${server} responds`;
}

/** Calls the server as integrations do, so that OUTBOUND_ALLOWED applies. */
export async function examineIntegration(url: string, config: Config): Promise<string> {
  const policy = {
    allowed: config.outboundAllowed,
    publicUrl: config.publicUrl ?? 'http://localhost',
    servicePorts: servicePortsOf(config),
  };
  const outbound = new Outbound({ ...policy, counters: new Counters() });
  try {
    const { outcome } = await outbound.request(url, { owner: { caller: 'server', purpose: 'set-up' } });
    if (outcome === 'refused-address') throw new Error(`${url} is not a public address with TLS. Add its host to OUTBOUND_ALLOWED`);
    if (outcome !== 'response') throw new Error(`${url}: ${failureTexts[outcome]}`);
    return `${url} responds`;
  } finally {
    await outbound.close();
  }
}
