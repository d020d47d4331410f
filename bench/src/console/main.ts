import { randomBytes } from 'node:crypto';
import { goodPassword, logIn } from '../../../test/support/log-in.ts';
import { startPostgres } from '../../../test/support/postgres.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { apiOf } from '../../../test/support/server.ts';
import { startRollcall } from '../contestants/start-rollcall.ts';
import { makeLargeOrganization } from '../large/large-organization.ts';
import { Progress } from '../progress.ts';
import { parseConsoleOptions, usage } from './options.ts';
import { type Round, runRound } from './run-round.ts';
import type { LongestTasks } from './trace-tasks.ts';

/** The time limit of one round, and of creating the organization. */
const roundMsMax = 60_000;

const options = readOptions(parseConsoleOptions, usage);
const durationMsMax = (options.rounds + 2) * roundMsMax;
const progress = new Progress(durationMsMax);
setTimeout(() => fail('The run did not finish.'), durationMsMax).unref();
try {
  const postgres = await startPostgres();
  const { url: DATABASE_URL } = await postgres.createDatabase();
  const operatorToken = randomBytes(24).toString('hex');
  const server = await startRollcall({ DATABASE_URL, SECRET: randomBytes(24).toString('hex'), OPERATOR_TOKEN: operatorToken });
  const api = apiOf(server.url, operatorToken);
  const org = await makeLargeOrganization(server.url, operatorToken, options.members, (lines) => progress.show(`${lines} lines imported`));
  const reader = { name: 'Reader', email: 'reader@example.com', password: goodPassword };
  const { body: user } = await api.operate('POST', '/users/', reader);
  await api.operate('POST', `/organizations/${org.id}/members/`, { userId: user.id, orgRole: 'manager' });
  const target = { url: server.url, path: `/organizations/${org.slug}/members/`, cookie: await logIn(api, reader) };
  const rounds: Round[] = [];
  for (let number = 1; number <= options.rounds; number++) {
    progress.show(`round ${number} of ${options.rounds}`);
    rounds.push(await runRound(target, number === options.rounds ? options.profile : null));
  }
  progress.end();
  print(rounds);
  process.exit();
} catch (error) {
  fail((error as Error).stack ?? String(error));
}

function print(rounds: readonly Round[]): void {
  console.log(`${options.members} members, ${rounds.length} rounds: median (least to most), in ms\n`);
  const line = (title: string, of: (round: Round) => number) => {
    const values = rounds.map((round) => Math.round(of(round))).toSorted((a, b) => a - b);
    console.log(`${title.padEnd(44)} ${values[values.length >> 1]} (${values[0]} to ${values.at(-1)})`);
  };
  const tasks = (title: string, tasksOf: (round: Round) => LongestTasks) => {
    line(`${title}: longest task`, (round) => tasksOf(round).wallMs);
    line('  on the CPU', (round) => tasksOf(round).cpuMs);
  };
  line('cold start: search field after', ({ fieldMs }) => fieldMs);
  line('  list after', ({ rowsMs }) => rowsMs);
  tasks('  fallback after', ({ loading }) => loading);
  tasks('typing in the search', ({ typing }) => typing);
  line('  from a key to its frame, longest', ({ keyMs }) => keyMs);
  tasks('scrolling', ({ scrolling }) => scrolling);
  line('  98% of the frames within', ({ frameMs }) => frameMs);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
