import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { createApp, type OwnApp } from '../http/app.ts';
import type { Listening } from '../http/listen.ts';
import { addressReader } from '../http/requests/caller-address.ts';
import { isAllowedOrigin } from '../http/responses/cors.ts';
import type { Services } from '../http/services.ts';
import { isExpiredCredential } from '../identity/identity.ts';
import { findForgery } from '../identity/request-forgery.ts';
import type { Memberships } from '../read-path/people/memberships.ts';
import type { Presence } from '../read-path/people/presence.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { Connections } from '../socket/connections.ts';
import { openSocketServer } from '../socket/socket-server.ts';
import { readinessOf } from './checks/readiness.ts';
import type { Identities } from './open-identities.ts';
import { recordSocketRefusal, recordSocketUse } from './record-sockets.ts';

/** Requests that take longer to end are cut off. */
const requestsEndMsMax = 5_000;
/** The range over which streams of changes reconnect. */
const reconnectMs = [100, 3_000] as const;
/**
 * The time for which new requests are refused before the port closes. The kernel resets the
 * connections that it has queued when a port closes, and a balancer can't know that they were not
 * executed. After a refusal, nginx sends no new ones for some seconds.
 */
const refusalMs = 500;
/** The interval at which connections without a request are closed. */
const idleLookMs = 50;

export interface ClientParts {
  readonly port: Listening;
  readonly services: Services;
  readonly identities: Identities;
  readonly readPath: ReadPath;
  readonly memberships: Memberships;
  readonly presence: Presence;
  readonly stream: ServerStream;
  readonly connections: Connections;
  readonly eventConnections: Connections;
  readonly metrics: Metrics;
  readonly ownApp: OwnApp | undefined;
  /** Why a setting makes this instance unready, or null. */
  settingsProblem(): string | null;
  /** Whether the server is stopping. It is not ready then. */
  isStopping(): boolean;
}

export interface ServedClients {
  /** Refuses new requests, closes the sockets and the port, and ends the requests in progress. */
  drain(): Promise<void>;
}

/** Begins to respond to requests and to accept sockets, both on the same port. */
export function serveClients({ trustedProxies, stopDelaySeconds }: Config, parts: ClientParts): ServedClients {
  const {
    port,
    services,
    identities,
    readPath,
    memberships,
    presence,
    stream,
    connections,
    eventConnections,
    metrics,
    ownApp,
    settingsProblem,
    isStopping,
  } = parts;
  const { database, counters, log } = services.writePath;
  const { server } = port;
  server.on('request', (_request, response) => {
    // A keep-alive connection would delay the stop.
    if (isStopping()) response.shouldKeepAlive = false;
  });
  const ready = readinessOf(database, readPath, settingsProblem);
  const readiness = async () => (isStopping() ? 'the server is stopping' : ready());
  const app = createApp({ newApp: port.newApp, headers: port.headers, services, log, trustedProxies, metrics, readiness, ownApp });
  const sockets = port.answerBy(app, () =>
    openSocketServer({
      httpServer: server,
      headers: port.headers,
      readPath,
      memberships,
      presence,
      stream,
      connections,
      authenticator: {
        authenticateToken: (token) => identities.batched.authenticate(token),
        authenticateSession: (token) => identities.authenticateSession(token),
        isExpired: isExpiredCredential,
        confirmRefusal: () => database.trust.confirm(),
        readSessionToken: ({ cookie, ...headers }) =>
          findForgery(headers, (origin) => isAllowedOrigin(services, origin)) === null ? services.sessionCookie.read(cookie) : null,
      },
      rateLimits: services.rateLimits,
      limits: services.limits,
      isAllowedOrigin(origin) {
        const isAllowed = isAllowedOrigin(services, origin);
        if (!isAllowed) services.origins.refused.record(origin);
        return isAllowed;
      },
      recordUse: (caller) => recordSocketUse(services, caller),
      recordRefusal: (refusal) => recordSocketRefusal(services.writePath.securityEvents, refusal),
      addressOf: addressReader(trustedProxies),
      clock: systemClock,
      counters,
      metrics,
      log,
    }),
  );
  return {
    async drain() {
      port.refuseRequests();
      eventConnections.drain(reconnectMs);
      await Promise.all([sockets.drain(), stopDelaySeconds > 0 && sleep(refusalMs)]);
      const cut = setTimeout(() => server.closeAllConnections(), requestsEndMsMax);
      const idle = setInterval(() => server.closeIdleConnections(), idleLookMs);
      try {
        await sockets.close();
      } finally {
        clearTimeout(cut);
        clearInterval(idle);
      }
    },
  };
}
