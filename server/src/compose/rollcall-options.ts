import type { Bus } from '../bus/bus.ts';
import type { RedisClient } from '../bus/redis-clients.ts';
import type { MigrationStep } from '../database/migrations/migrate.ts';
import type { OwnApp } from '../http/app.ts';
import type { Log } from '../runtime/log.ts';
import type { WritePath } from '../write-path/run-command.ts';

export interface RollcallOptions {
  /** JSON lines on stdout by default. */
  readonly log?: Log;
  /** Used for the bus and the rate limits instead of REDIS_URL. */
  readonly redis?: RedisClient;
  /**
   * An Express app of the embedding program. It gets each request first, except those for the
   * probes. Rollcall responds to what it passes on.
   */
  readonly app?: OwnApp;
  /** @internal For tests: wraps the bus that the server uses. */
  wrapBus?(bus: Bus): Bus;
  /**
   * @internal For tests: the milliseconds between two looks for directories to read and for former
   * connections to end.
   */
  readonly integrationsPollMs?: number;
  /** Reports each step of the migrations, for the operator who waits for the start. */
  reportMigration?(step: MigrationStep): void;
  /** Runs after the migrations, before the server accepts requests. */
  prepare?(writePath: WritePath): Promise<void>;
}
