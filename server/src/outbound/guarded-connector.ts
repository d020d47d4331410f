import type { LookupAddress } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type Destination, portOf, type RefusalReason } from './destination-policy.ts';
import { OutboundError } from './outbound-error.ts';

export interface ConnectorOptions {
  /** The time for the connection, including the name lookup, and again for the TLS handshake. */
  readonly connectMsMax: number;
  /** Certificates to trust instead of those that Node trusts. */
  readonly ca: string | undefined;
  /** Returns all addresses of a name. */
  resolve(name: string): Promise<readonly LookupAddress[]>;
  /** Returns why the destination may not be reached at this address, or null if it may. */
  refuseAddress(destination: Destination, address: string | undefined): RefusalReason | null;
}

/**
 * Connects only to addresses that the policy permits. An address is evaluated when its name is
 * resolved, in the lookup of this very connection, so that a second lookup can't return another
 * one. The address of the connected socket is evaluated again before anything is sent.
 */
export function guardedConnector({ connectMsMax, ca, resolve, refuseAddress }: ConnectorOptions): buildConnector.connector {
  const connectTls = buildConnector({ timeout: connectMsMax, ...(ca !== undefined && { ca }) });

  return (options, callback) => {
    const lookup = guardedLookup(resolve, (address) => refuseAddress(options, address));
    const connectTcp = buildConnector({ timeout: connectMsMax, lookup });
    // With `http:`, the connector opens a TCP connection without TLS.
    connectTcp({ ...options, protocol: 'http:', port: String(portOf(options)) }, (error, socket) => {
      if (error) return callback(error, null);
      if (refuseAddress(options, socket.remoteAddress) !== null) {
        socket.destroy();
        return callback(new OutboundError('refused-address'), null);
      }
      if (options.protocol === 'http:') return callback(null, socket);
      connectTls({ ...options, httpSocket: socket as Socket }, (tlsError, tlsSocket) => {
        if (!tlsError) return callback(null, tlsSocket);
        socket.destroy();
        callback(isConnectTimeout(tlsError) ? tlsError : new OutboundError('tls', { cause: tlsError }), null);
      });
    });
  };
}

export function isConnectTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** One refused address refuses the name, because the caller can't choose among them. */
function guardedLookup(resolve: ConnectorOptions['resolve'], refuse: (address: string) => RefusalReason | null): LookupFunction {
  return (name, { all }, callback) => {
    const fail = (outcome: 'dns' | 'refused-address', cause?: unknown) => callback(new OutboundError(outcome, { cause }), [], 0);
    resolve(name).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return fail('dns');
        if (addresses.some(({ address }) => refuse(address) !== null)) return fail('refused-address');
        return all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      },
      (error: unknown) => fail('dns', error),
    );
  };
}
