import { loadavg } from 'node:os';
import { startPostgres } from '../../../test/support/postgres.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { buildPeers } from '../command-line.ts';
import { provisionDatabase } from '../contestants/provision.ts';
import { rewriteReport } from '../report/write-report.ts';
import { median, quantile } from '../results.ts';
import { measureParts, measureSettings } from './measure-cuts.ts';
import { type MeasuredWrite, measureWrite, resultOf } from './measure-write.ts';
import { parseRestOptions, usage } from './rest-options.ts';
import { type CutResult, type RestResult, type Round, restResults } from './rest-results.ts';
import { type RestServer, startHandMadeServer, startRollcallServer } from './rest-server.ts';
import { type Statement, StatementCounter } from './rest-statements.ts';
import { type WriteName, writeNames } from './rest-writes.ts';

/** The median of the pairs' ratios, with their quartiles. */
function describeRatios(of: readonly Round[], to: readonly Round[], read: (round: Round) => number): string {
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

function print(name: WriteName, measured: readonly MeasuredWrite[]): void {
  console.log(`\n${name}: medians of ${options.rounds} rounds; ratios to the other server, with quartiles`);
  const line = (label: string, cells: readonly string[]) => console.log(label.padEnd(22) + cells.map((cell) => cell.padEnd(18)).join(''));
  const show = (label: string, read: (round: Round) => number) => {
    const [own, other] = measured.map(({ rounds }) => rounds);
    const medians = measured.map(({ rounds }) => median(rounds.map(read)).toFixed(0));
    line(label, [...medians, ...(own && other ? [describeRatios(own, other, read)] : [])]);
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

function printCuts(cuts: readonly CutResult[]): void {
  console.log('\nparts of a request, as they are now and as they were before: CPU of the server, of PostgreSQL, µs');
  for (const { part, now, before } of cuts) {
    for (const { how, serverUs, postgresUs } of [now, before]) {
      console.log(`${part.padEnd(22)} ${serverUs.toFixed(1).padStart(8)} ${postgresUs.toFixed(1).padStart(8)}  ${how}`);
    }
  }
}

const options = readOptions(parseRestOptions, usage);
const { against } = options;
if (against === null) buildPeers();
const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
const postgres = await startPostgres({ own: true });
const counter = await StatementCounter.open(postgres);
const provisioned = await provisionDatabase(postgres);
const servers: RestServer[] = [
  await startRollcallServer(postgres, 'Rollcall', provisioned),
  against === null
    ? await startHandMadeServer(postgres)
    : await startRollcallServer(postgres, against, await provisionDatabase(postgres, against), { checkout: against }),
];
const results: RestResult[] = [];
for (const name of options.writes) {
  const measured = await measureWrite(
    servers.filter(({ writes }) => writes.includes(name)),
    name,
    counter,
    options,
  );
  print(name, measured);
  results.push(...measured.map((one) => resultOf(name, one)));
}
if (against === null && !options.hasKeys && options.writes.length === writeNames.length) {
  const rollcall = servers[0]!;
  const [keyed] = await measureWrite([rollcall], 'rename-team', counter, { ...options, hasKeys: true });
  results.push({ ...resultOf('rename-team', keyed!), title: `${rollcall.title}, with an Idempotency-Key` });
  const cuts = [
    ...(await measureSettings(postgres, provisioned, rollcall, counter, options)),
    ...(await measureParts(postgres, provisioned)),
  ];
  printCuts(cuts);
  await restResults.save({ measuredAt: new Date().toISOString(), loadBefore, results, cuts });
  console.log(await rewriteReport());
}
for (const { instance } of servers) await instance.kill('SIGTERM');
await counter.close();
process.exit();
