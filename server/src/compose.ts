import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bus } from './bus/bus.ts';
import { openMemoryBus } from './bus/bus-memory.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { openPglite } from './database/database-pglite.ts';
import { openPostgres } from './database/database-postgres.ts';
import { migrateUp } from './database/migrate.ts';
import { createApp } from './http/app.ts';
import type { Services } from './http/services.ts';
import { authenticate } from './identity/authenticate.ts';
import { Counters } from './runtime/counters.ts';
import { createLog, type Log } from './runtime/log.ts';
import { version } from './runtime/version.ts';

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
  const server = createServer();
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const url = config.publicUrl ?? `http://${config.host}:${port}`;
  const services: Services = {
    db: database.db,
    writePath: { database, bus, counters, log },
    authenticate: (authorization) => authenticate(database.db, authorization),
    publicUrl: url,
    allowedOrigins: config.allowedOrigins,
    retiredRoles: new Set(config.retiredRoles),
    operatorToken: config.operatorToken,
    singleOrganization: config.singleOrganization,
    defaultOrganization: config.defaultOrganization,
    secret: config.secret,
    readHealth: async () => ({ database: database.kind, bus: 'memory', revisionLagMs: 0, sockets: 0 }),
    version,
  };
  server.on('request', createApp({ services, log, trustedProxies: config.trustedProxies, readiness: async () => null }));

  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    await bus.close();
    await database.close();
  };
  return { url, services, stop: () => (stopping ??= stop()) };
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
