import type { Config } from '../config.ts';
import type { AllServices } from '../features/index.ts';
import type { RollcallOptions } from './rollcall-options.ts';
import { type RunningServer, startServer } from './start-server.ts';

export interface Rollcall {
  /** This server's base URL. Throws before the start, because the port may not be known yet. */
  readonly url: string;
  /** @internal Throws before the start. */
  readonly services: AllServices;
  /**
   * Opens the database, runs the migrations and listens. Resolves when the server accepts requests.
   * @throws StartupError or DataDirInUseError for problems that the operator can fix
   */
  start(): Promise<void>;
  /**
   * Becomes unready and serves everything for `STOP_DELAY_SECONDS`. Then closes sockets, requests
   * (within 5 s) and the database. Can be called during the start, and more than once.
   */
  stop(): Promise<void>;
}

/** Creates a server in this process, without starting it. */
export function createRollcall(config: Config, options: RollcallOptions = {}): Rollcall {
  let starting: Promise<RunningServer> | null = null;
  const stopRequest = new AbortController();
  let stopping: Promise<void> | null = null;
  let running: RunningServer | null = null;
  const whenStarted = (): RunningServer => {
    if (!running) throw new Error('The server was not started.');
    return running;
  };
  return {
    get url() {
      return whenStarted().services.publicUrl;
    },
    get services() {
      return whenStarted().services;
    },
    async start() {
      starting ??= startServer(config, options, stopRequest.signal);
      running = await starting;
    },
    stop() {
      stopRequest.abort();
      // A failed start has left nothing to stop.
      stopping ??= (starting ?? Promise.resolve(null)).then(
        (started) => started?.stop(),
        () => {},
      );
      return stopping;
    },
  };
}
