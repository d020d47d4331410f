import type { Postgres } from '../../../test/support/postgres.ts';
import { startRedis } from '../../../test/support/redis.ts';
import { callProgram } from '../contestants/process.ts';
import type { ProvisionedDatabase } from '../contestants/provision.ts';
import type { CutsRequest } from './cuts-process.ts';
import { measureWrite, resultOf, type WriteOptions } from './measure-write.ts';
import { type CutResult, cpuOf } from './rest-results.ts';
import { type RestServer, startRollcallServer } from './rest-server.ts';
import type { StatementCounter } from './rest-statements.ts';

/** Measures what made REST requests cheaper: each part as it is, and as it was before. */

/** Measures renames of a team by servers with settings that bring a cost back, or show it. */
export async function measureSettings(
  postgres: Postgres,
  provisioned: ProvisionedDatabase,
  plain: RestServer,
  counter: StatementCounter,
  options: WriteOptions,
): Promise<CutResult[]> {
  const start = (settings: Readonly<Record<string, string>>) => startRollcallServer(postgres, 'Rollcall', provisioned, { settings });
  const logging = await start({ LOG_LEVEL: 'debug' });
  const limited = await start({ RATE_LIMIT_PER_CREDENTIAL: '1' });
  // One request a second is within the limit.
  const refused: RestServer = { ...limited, write: (...of) => ({ ...limited.write(...of), statuses: [200, 429] }) };
  const measured = await measureWrite([plain, logging, refused], 'rename-team', counter, options);
  const [ofPlain, ofLogging, ofRefused] = measured.map((one) => cpuOf(resultOf('rename-team', one)));
  await Promise.all([logging, limited].map(({ instance }) => instance.kill('SIGTERM')));
  return [
    {
      part: 'log',
      now: { how: 'nothing is prepared for a line that the level omits', ...ofPlain! },
      before: { how: 'a line for each request (`LOG_LEVEL=debug`)', ...ofLogging! },
    },
    {
      part: 'limits',
      now: { how: 'a request over the limit is refused before anything else', ...ofRefused! },
      before: { how: 'a request within the limit', ...ofPlain! },
    },
  ];
}

/** Measures single functions, in a process of their own. */
export async function measureParts(postgres: Postgres, { template, org, token }: ProvisionedDatabase): Promise<CutResult[]> {
  const [database, redis] = [await postgres.createDatabase({ template }), await startRedis({ own: true })];
  const request: CutsRequest = { databaseUrl: database.url, redisUrl: redis.url, org, token };
  return callProgram<CutResult[]>('commits/cuts-process.ts', request);
}
