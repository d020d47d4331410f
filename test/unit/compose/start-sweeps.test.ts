import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import { OrgError } from '../../../protocol/src/index.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { sweepExpiredAddresses } from '../../../server/src/write-path/commands/organizations/expired-addresses-sweep.ts';
import { sweepScimTokens } from '../../../server/src/write-path/commands/scim/scim-tokens-sweep.ts';
import type { WritePath } from '../../../server/src/write-path/run-command.ts';

type Sweep = (path: WritePath, signal: AbortSignal) => Promise<void>;

/** A write path whose database returns `rows` for each query, and whose commands end by call. */
function pathWith(rows: readonly object[]) {
  const begun: string[] = [];
  const running: (() => void)[] = [];
  const client = { query: async () => ({ command: 'SELECT', rowCount: rows.length, rows }), release() {} };
  const pool = { connect: async () => client, end: async () => {} } as unknown as PostgresPool;
  const writeQueue = {
    run(orgId: string) {
      begun.push(orgId);
      return new Promise((_, reject) => running.push(() => reject(new OrgError('not-found', 'The organization was removed.'))));
    },
  };
  const database = { db: new Kysely({ dialect: new PostgresDialect({ pool }) }) };
  const path = { database, writeQueue, log: createLog('silent') } as unknown as WritePath;
  const end = async () => {
    running.shift()?.();
    await setImmediate();
  };
  return { path, begun, running, end };
}

const tenOrganizations = Array.from({ length: 10 }, (_, index) => ({ organization_id: String(index + 1) }));

const concurrent: Readonly<Record<string, Sweep>> = { 'expired addresses': sweepExpiredAddresses, 'expired SCIM tokens': sweepScimTokens };

for (const [name, sweep] of Object.entries(concurrent)) {
  describe(`the sweep of ${name}`, () => {
    it('runs four commands at a time, so that many organizations leave connections for requests', async () => {
      const { path, begun, running, end } = pathWith(tenOrganizations);
      const swept = sweep(path, new AbortController().signal);
      await setImmediate();
      for (let ended = 0; ended < tenOrganizations.length; ended++) {
        assert.equal(running.length, Math.min(4, tenOrganizations.length - ended));
        await end();
      }
      await swept;
      assert.deepEqual(
        begun,
        tenOrganizations.map(({ organization_id }) => organization_id),
      );
    });

    it('begins no command after the stop, and waits for those in progress', async () => {
      const { path, begun, running, end } = pathWith(tenOrganizations);
      const stopping = new AbortController();
      const swept = sweep(path, stopping.signal);
      await setImmediate();
      stopping.abort();
      while (running.length > 0) await end();
      await swept;
      assert.deepEqual(begun, ['1', '2', '3', '4']);
    });
  });
}
