import { setImmediate } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { OrgError } from '../../protocol/src/index.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import type { WritePath } from '../../server/src/write-path/run-command.ts';
import { limitsWith } from './limits.ts';

interface RunningCommand {
  readonly orgId: string;
  /** As if the organization was removed, unless another error is given. */
  end(error?: unknown): Promise<void>;
  /** As if it changed nothing and had this response. */
  respond(body: unknown): Promise<void>;
}

/**
 * A write path without a database: `rowsOf` returns the rows of each statement, and commands end by
 * call.
 */
export function scriptedWritePath(rowsOf: (statement: string) => readonly object[]) {
  const statements: string[] = [];
  const running: RunningCommand[] = [];
  const client = {
    async query(text: string) {
      statements.push(text);
      const rows = rowsOf(text);
      return { command: text.slice(0, text.indexOf(' ')).toUpperCase(), rowCount: rows.length, rows };
    },
    release() {},
  };
  const pool = { connect: async () => client, end: async () => {} } as unknown as PostgresPool;
  const writeQueue = {
    run: (orgId: string) =>
      new Promise((resolve, reject) => {
        const leave = () => running.splice(running.indexOf(command), 1);
        const command: RunningCommand = {
          orgId,
          async end(error = new OrgError('not-found', 'The organization was removed.')) {
            leave();
            reject(error);
            await setImmediate();
          },
          async respond(body) {
            leave();
            resolve({
              response: Promise.resolve({ status: 200, body }),
              orgRevision: '',
              appended: null,
              audit: [],
              hasMail: false,
              hasJobs: false,
              bytes: 0,
            });
            await setImmediate();
          },
        };
        running.push(command);
      }),
  };
  const database = { db: new Kysely({ dialect: new PostgresDialect({ pool }) }) };
  const path = { database, writeQueue, limits: limitsWith(), failpoints: { reach() {} }, log: createLog('silent') } as unknown as WritePath;
  return { path, statements, running };
}
