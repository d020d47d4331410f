import { startPostgres } from '../../../test/support/postgres.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { buildPeers, repository } from '../command-line.ts';
import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import { parseRestOptions, usage } from './rest-options.ts';
import { type RestServer, send, startHandMadeServer, startRollcallServer } from './rest-server.ts';
import { type Statement, StatementCounter } from './rest-statements.ts';
import type { WriteName } from './rest-writes.ts';

/** Clients that await each response. Two commands of an organization run while others wait. */
const writers = 4;
/** V8 compiles most of the code of a write in this time. */
const warmUpMs = 5_000;
const countedMs = 1_000;

interface Round {
  readonly serverUs: number;
  readonly postgresUs: number;
  readonly perSecond: number;
}

const turns = new Map<RestServer, number>();

/** Resolves to the number of commits. */
async function writeFor(server: RestServer, name: WriteName, ms: number): Promise<number> {
  const deadline = performance.now() + ms;
  let count = 0;
  const write = async () => {
    for (; performance.now() < deadline; count++) {
      const turn = turns.get(server) ?? 0;
      turns.set(server, turn + 1);
      await send(server, server.write(name, turn), options.hasKeys);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return count;
}

async function measureRound(server: RestServer, name: WriteName, ms: number, counter: StatementCounter): Promise<Round> {
  await server.reset();
  const pids = [server.instance.pid];
  const before = { server: await readCpuTimes(pids), postgres: await readCpuTimes(await counter.pidsOf(server.database)) };
  const startedAt = performance.now();
  const commits = await writeFor(server, name, ms);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = { server: await readCpuTimes(pids), postgres: await readCpuTimes(await counter.pidsOf(server.database)) };
  return {
    serverUs: usedBetween(before.server, after.server) / commits,
    postgresUs: usedBetween(before.postgres, after.postgres) / commits,
    perSecond: commits / seconds,
  };
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share + 0.5)]!;
}

/** The median of the pairs' ratios, with their quartiles. */
function ratioOf(of: readonly Round[], to: readonly Round[], read: (round: Round) => number): string {
  const ratios = of.map((round, index) => read(round) / read(to[index]!));
  return `${quantile(ratios, 0.5).toFixed(3)} (${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)})`;
}

function printStatements(title: string, statements: readonly Statement[]): void {
  console.log(`\n  ${title}:`);
  for (const { text, calls, plans, us } of [...statements].sort((a, b) => b.us - a.us)) {
    console.log(
      `  ${calls.toFixed(2).padStart(6)} ${plans.toFixed(2).padStart(6)} ${us.toFixed(1).padStart(7)} us  ${text.replace(/\s+/g, ' ').slice(0, 150)}`,
    );
  }
}

const options = readOptions(parseRestOptions, usage);
if (options.against === null) buildPeers();
const postgres = await startPostgres({ own: true });
const counter = await StatementCounter.open(postgres);
const servers: RestServer[] = [
  await startRollcallServer(postgres, 'this checkout', repository),
  options.against === null ? await startHandMadeServer(postgres) : await startRollcallServer(postgres, options.against, options.against),
];
for (const name of options.writes) {
  const statements = new Map<RestServer, Statement[]>();
  const rounds = new Map<RestServer, Round[]>(servers.map((server) => [server, []]));
  for (const server of servers) {
    await writeFor(server, name, warmUpMs);
    await server.reset();
    statements.set(server, await counter.count(server.database, () => writeFor(server, name, countedMs)));
  }
  for (let round = 0; round < options.rounds; round++) {
    // Each server is first in half of the rounds.
    for (const server of round % 2 === 0 ? servers : [...servers].reverse()) {
      rounds.get(server)!.push(await measureRound(server, name, options.roundMs, counter));
    }
  }
  const [own, other] = servers.map((server) => rounds.get(server)!) as [Round[], Round[]];
  console.log(`\n${name}: medians of ${options.rounds} rounds; ratios of this checkout to the other, with quartiles`);
  const line = (label: string, cells: readonly string[]) =>
    console.log(`  ${label.padEnd(24)}${cells.map((cell) => cell.padEnd(18)).join('')}`);
  line('', [...servers.map(({ title }) => title.slice(-16)), 'ratio']);
  const show = (label: string, read: (round: Round) => number, unit: string) =>
    line(label, [...[own, other].map((of) => `${quantile(of.map(read), 0.5).toFixed(0)}${unit}`), ratioOf(own, other, read)]);
  show('CPU of the server', ({ serverUs }) => serverUs, ' us');
  show('CPU of PostgreSQL', ({ postgresUs }) => postgresUs, ' us');
  show('commits per second', ({ perSecond }) => perSecond, '');
  line(
    'statements',
    servers.map((server) =>
      statements
        .get(server)!
        .reduce((sum, { calls }) => sum + calls, 0)
        .toFixed(1),
    ),
  );
  if (options.showsStatements) for (const server of servers) printStatements(server.title, statements.get(server)!);
}
for (const { instance } of servers) await instance.kill('SIGTERM');
await counter.close();
process.exit();
