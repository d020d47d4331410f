import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bus } from './bus/bus.ts';
import { openMemoryBus } from './bus/bus-memory.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { openPglite } from './database/database-pglite.ts';
import { openPostgres } from './database/database-postgres.ts';
import { migrateUp, readMigrationStates } from './database/migrate.ts';
import { createApp } from './http/app.ts';
import { isAllowedOrigin } from './http/cors.ts';
import type { Services } from './http/services.ts';
import { authenticate, authenticateToken, isExpiredCredential } from './identity/authenticate.ts';
import { Channels } from './read-path/channels.ts';
import { ServerStream } from './read-path/server-stream.ts';
import { Counters } from './runtime/counters.ts';
import { createLog, type Log } from './runtime/log.ts';
import { version } from './runtime/version.ts';
import { Connections } from './socket/connections.ts';
import { openSocketServer } from './socket/socket-server.ts';
import { startRefreshSweep } from './write-path/users/refresh-sweep.ts';

/** The only file that picks an adapter. */

export interface Rollcall {
  /** Our own base URL. */
  readonly url: string;
  readonly services: Services;
  /** Ends connections after what is under way, then the database. Safe to call twice. */
  stop(): Promise<void>;
}

/** Opens the database, migrates, and listens. Resolves when requests are answered. */
export async function startRollcall(config: Config, log: Log = createLog(config.logLevel)): Promise<Rollcall> {
  const database = await openDatabase(config, log);
  try {
    await migrateUp(database.db);
    return await serve(config, database, openMemoryBus(), log);
  } catch (error) {
    await database.close();
    throw error;
  }
}

export function openDatabase(config: Config, log: Log): Promise<Database> | Database {
  return config.databaseUrl ? openPostgres(config.databaseUrl, log) : openPglite(config.dataDir, log);
}

async function serve(config: Config, database: Database, bus: Bus, log: Log): Promise<Rollcall> {
  const counters = new Counters();
  const feedDeps = { db: database.db, counters, log };
  const channels = new Channels(feedDeps, bus);
  const connections = new Connections();
  const stream = await ServerStream.open(feedDeps, bus, (ending) => connections.end(ending));
  const server = createServer();
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const url = config.publicUrl ?? `http://${config.host}:${port}`;
  const writePath = { database, bus, counters, log };
  const refreshSweep = startRefreshSweep(writePath);
  const services: Services = {
    db: database.db,
    writePath,
    authenticate: (authorization) => authenticate(database.db, authorization),
    publicUrl: url,
    allowedOrigins: config.allowedOrigins,
    retiredRoles: new Set(config.retiredRoles),
    operatorToken: config.operatorToken,
    singleOrganization: config.singleOrganization,
    defaultOrganization: config.defaultOrganization,
    secret: config.secret,
    readHealth: async () => ({ database: database.kind, bus: 'memory', revisionLagMs: 0, sockets: connections.size }),
    version,
  };
  server.on('request', createApp({ services, log, trustedProxies: config.trustedProxies, readiness: () => readReadiness(database) }));
  const sockets = openSocketServer({
    httpServer: server,
    channels,
    stream,
    connections,
    authenticator: { authenticateToken: (token) => authenticateToken(database.db, token), isExpired: isExpiredCredential },
    isAllowedOrigin: (origin) => isAllowedOrigin(services, origin),
    log,
  });

  let stopping: Promise<void> | null = null;
  const stop = async () => {
    // Closes the HTTP server too, after the requests under way.
    await sockets.close();
    await channels.close();
    await stream.close();
    await refreshSweep[Symbol.asyncDispose]();
    await bus.close();
    await database.close();
  };
  return {
    url,
    services,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** What keeps us from serving, or null. */
async function readReadiness(database: Database): Promise<string | null> {
  try {
    const pending = (await readMigrationStates(database.db)).filter(({ executedAt }) => executedAt === null);
    return pending.length === 0 ? null : `migrations to run: ${pending.map(({ name }) => name).join(', ')}`;
  } catch {
    return 'the database cannot be reached';
  }
}

function listen(server: ReturnType<typeof createServer>, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
