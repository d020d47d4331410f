import type pg from 'pg';
import type { Log } from '../../../runtime/log.ts';

/**
 * Logs the errors of a pool's connections. Without listeners, a database server that stops, or a
 * connection that is lost, would end this process.
 */
export function logConnectionErrors(pool: pg.Pool, log: Log): void {
  pool.on('error', (error) => log.warn({ error: error.message }, 'lost an idle database connection'));
  // The pool listens only to idle connections. A connection in use may be lost between two
  // statements. The caller that uses it gets the error from its next statement.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ error: error.message }, 'lost a database connection'));
  });
}
