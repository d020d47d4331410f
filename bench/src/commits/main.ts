import { loadavg } from 'node:os';
import { startPostgres } from '../../../test/support/postgres.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { buildPeers, repository } from '../command-line.ts';
import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import { median, quantile } from '../results.ts';
import { parseRestOptions, usage } from './rest-options.ts';
import { type RestResult, saveRestResults } from './rest-results.ts';
import { type RestServer, send, startHandMadeServer, startRollcallServer } from './rest-server.ts';
import { type Statement, StatementCounter } from './rest-statements.ts';
import { type WriteName, writeNames } from './rest-writes.ts';

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

interface Measured {
  readonly server: RestServer;
  readonly statements: readonly Statement[];
  readonly rounds: Round[];
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

/** The median of the pairs' ratios, with their quartiles. */
function ratioOf(of: readonly Round[], to: readonly Round[], read: (round: Round) => number): string {
  const ratios = of.map((round, index) => read(round) / read(to[index]!)).sort((a, b) => a - b);
  return `${median(ratios).toFixed(3)} (${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)})`;
}

function printStatements(title: string, statements: readonly Statement[]): void {
  console.log(`\n  ${title}:`);
  for (const { text, calls, plans, us } of [...statements].sort((a, b) => b.us - a.us)) {
    console.log(
      `  ${calls.toFixed(2).padStart(6)} ${plans.toFixed(2).padStart(6)} ${us.toFixed(1).padStart(7)} us  ${text.replace(/\s+/g, ' ').slice(0, 150)}`,
    );
  }
}

/** Measures one write of the servers that have it. */
async function measureWrite(having: readonly RestServer[], name: WriteName): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const server of having) {
    await writeFor(server, name, warmUpMs);
    await server.reset();
    const statements = await counter.count(server.database, () => writeFor(server, name, countedMs));
    measured.push({ server, statements, rounds: [] });
  }
  for (let round = 0; round < options.rounds; round++) {
    // Each server is first in half of the rounds.
    for (const { server, rounds } of round % 2 === 0 ? measured : [...measured].reverse()) {
      rounds.push(await measureRound(server, name, options.roundMs, counter));
    }
  }
  return measured;
}

function resultOf(write: WriteName, { server: { title }, statements, rounds }: Measured): RestResult {
  return {
    write,
    title,
    serverUs: Math.round(median(rounds.map(({ serverUs }) => serverUs))),
    postgresUs: Math.round(median(rounds.map(({ postgresUs }) => postgresUs))),
    statements: statements.reduce((sum, { calls }) => sum + calls, 0),
  };
}

function print(name: WriteName, measured: readonly Measured[]): void {
  console.log(`\n${name}: medians of ${options.rounds} rounds; ratios to the other server, with quartiles`);
  const line = (label: string, cells: readonly string[]) => console.log(label.padEnd(22) + cells.map((cell) => cell.padEnd(18)).join(''));
  const show = (label: string, read: (round: Round) => number) => {
    const [own, other] = measured.map(({ rounds }) => rounds);
    const medians = measured.map(({ rounds }) => median(rounds.map(read)).toFixed(0));
    line(label, [...medians, ...(own && other ? [ratioOf(own, other, read)] : [])]);
  };
  line(
    '',
    measured.map(({ server: { title } }) => title.slice(-16)),
  );
  show('CPU of the server, µs', ({ serverUs }) => serverUs);
  show('CPU of PostgreSQL, µs', ({ postgresUs }) => postgresUs);
  show('commits per second', ({ perSecond }) => perSecond);
  line(
    'statements',
    measured.map((one) => resultOf(name, one).statements.toFixed(1)),
  );
  if (options.showsStatements) for (const { server, statements } of measured) printStatements(server.title, statements);
}

const options = readOptions(parseRestOptions, usage);
const { against } = options;
if (against === null) buildPeers();
const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
const postgres = await startPostgres({ own: true });
const counter = await StatementCounter.open(postgres);
const servers: RestServer[] = [
  await startRollcallServer(postgres, 'Rollcall', repository),
  against === null ? await startHandMadeServer(postgres) : await startRollcallServer(postgres, against, against),
];
const results: RestResult[] = [];
for (const name of options.writes) {
  const measured = await measureWrite(
    servers.filter(({ writes }) => writes.includes(name)),
    name,
  );
  print(name, measured);
  results.push(...measured.map((one) => resultOf(name, one)));
}
if (against === null && !options.hasKeys && options.writes.length === writeNames.length) {
  await saveRestResults({ measuredAt: new Date().toISOString(), loadBefore, rounds: options.rounds, results });
}
for (const { instance } of servers) await instance.kill('SIGTERM');
await counter.close();
process.exit();
