import { type CountedWrite, transactionsOfWrites, type WriteTransaction } from '../../../test/support/statements/transactions-of-writes.ts';
import { cpuOf, type RestResults } from '../commits/rest-results.ts';
import type { WriteName } from '../commits/rest-writes.ts';
import { table } from './table.ts';

const titles: Readonly<Record<WriteName, CountedWrite>> = {
  'rename-team': 'rename a team',
  'change-role': 'change a member’s role',
  'create-team': 'create a team',
  'create-project': 'create a project',
};

/** Counted before one statement saved a revision (docs/adr/0043). */
const transactionsBefore: Readonly<Record<CountedWrite, WriteTransaction>> = {
  'rename a team': { statements: 9, sends: 2 },
  'change a member’s role': { statements: 11, sends: 2 },
  'create a team': { statements: 12, sends: 3 },
  'create a project': { statements: 15, sends: 3 },
  'add a member to a team': { statements: 12, sends: 3 },
  'invite a member': { statements: 16, sends: 7 },
};

/** The section about `npm run bench:commits`, which measures separately. */
export function restWritesSection({ measuredAt, loadBefore, results, cuts }: RestResults): string {
  return `## A write over REST

The table has the CPU time of one write over REST, in the server and in PostgreSQL, and the number
of its statements. \`npm run bench:commits\` measured them on ${measuredAt.slice(0, 10)}, with four writers that
each wait for the response. The hand-made app only renames teams. It authenticates no caller, and
keeps neither a log nor an audit log. The figures are medians of ${results[0]!.rounds.length} rounds, in which the programs
take turns. They are higher if the machine is busy; its load average was ${loadBefore} before the start.

${table(
  ['', 'CPU of the server', 'CPU of PostgreSQL', 'statements'],
  results.map((result) => {
    const { serverUs, postgresUs } = cpuOf(result);
    return [
      `${result.title}: ${titles[result.write]}`,
      `${(serverUs / 1_000).toFixed(2)} ms`,
      `${(postgresUs / 1_000).toFixed(2)} ms`,
      result.statements.toFixed(0),
    ];
  }),
)}
### What made requests cheaper

The table has the CPU time of parts of a request, as they are and as they were before. The rows
*log* and *limits* are whole requests that rename a team, sent to servers with other settings in the
same rounds. The others are single functions, measured in turns with what they replaced. The CPU
time of a function includes the client of PostgreSQL or Redis.

${table(
  ['part', 'now', 'before', 'now: server', 'before: server', 'now: PostgreSQL', 'before: PostgreSQL'],
  cuts.map(({ part, now, before }) => [
    part,
    now.how,
    before.how,
    microseconds(now.serverUs),
    microseconds(before.serverUs),
    microseconds(now.postgresUs),
    microseconds(before.postgresUs),
  ]),
)}
### The transaction of a write

The table counts the statements that the server sends to PostgreSQL from BEGIN to COMMIT, and the
sends, each of which contains one or more statements. A send wakes PostgreSQL, and costs more than a
small statement. The columns *before* are from the time before one statement saved the records, the
log, the audit log and the head ([ADR 43](adr/0043-one-statement-saves-a-revision.md)).
[statements-of-writes.test.ts](../test/integration/write-path/statements-of-writes.test.ts) fails
when a number changes.

${table(
  ['', 'statements before', 'now', 'sends before', 'now'],
  (Object.keys(transactionsOfWrites) as CountedWrite[]).map((name) => {
    const [before, now] = [transactionsBefore[name], transactionsOfWrites[name]];
    return [name, ...[before.statements, now.statements, before.sends, now.sends].map(String)];
  }),
)}`;
}

/** Less than 0.05 µs is within the error of the measurement. */
function microseconds(us: number): string {
  return us < 0.05 ? '–' : `${us.toFixed(1)} µs`;
}
