import { startPostgres } from '../../../test/support/postgres.ts';
import { repository } from '../command-line.ts';
import { measureWrite, resultOf } from '../commits/measure-write.ts';
import type { RestResult } from '../commits/rest-results.ts';
import { startHandMadeServer, startRollcallServer } from '../commits/rest-server.ts';
import { StatementCounter } from '../commits/rest-statements.ts';

const roundMs = 1_000;

/** The rename of a team over REST, as `npm run bench:commits` measures it. */
export async function measureRest(rounds: number): Promise<RestResult[]> {
  const postgres = await startPostgres({ own: true });
  const counter = await StatementCounter.open(postgres);
  const servers = [await startRollcallServer(postgres, 'Rollcall', repository), await startHandMadeServer(postgres)];
  const measured = await measureWrite(servers, 'rename-team', counter, { rounds, roundMs, hasKeys: false });
  for (const { instance } of servers) await instance.kill('SIGTERM');
  await counter.close();
  await postgres.stop();
  return measured.map((one) => resultOf('rename-team', one));
}
