import type { RestResults } from '../commits/rest-results.ts';
import type { WriteName } from '../commits/rest-writes.ts';
import { table } from './table.ts';

const titles: Readonly<Record<WriteName, string>> = {
  'rename-team': 'rename a team',
  'change-role': 'change a member’s role',
  'create-team': 'create a team',
  'create-project': 'create a project',
};

const transactions = `### The transaction of a write

The table counts the statements that the server sends to PostgreSQL from BEGIN to COMMIT, and the
sends, each of which contains one or more statements. A send wakes PostgreSQL, and costs more than a
small statement. The columns *before* are from the time before one statement saved the records, the
log, the audit log and the head ([ADR 43](adr/0043-one-statement-saves-a-revision.md)).
[statements-of-writes.test.ts](../test/integration/write-path/statements-of-writes.test.ts) fails
when a number grows.

| | statements before | now | sends before | now |
| --- | ---: | ---: | ---: | ---: |
| rename a team | 9 | 7 | 2 | 2 |
| change a member’s role | 11 | 8 | 2 | 2 |
| create a team | 12 | 8 | 3 | 2 |
| create a project | 15 | 11 | 3 | 2 |
| add a member to a team | 12 | 10 | 3 | 3 |
| invite a member | 16 | 14 | 7 | 4 |
`;

/** The section about `npm run bench:commits`, which measures separately. */
export function restWritesSection({ measuredAt, loadBefore, rounds, results }: RestResults): string {
  return `## A write over REST

The table has the CPU time of one write over REST, in the server and in PostgreSQL, and the number
of its statements. \`npm run bench:commits\` measured them on ${measuredAt.slice(0, 10)}, with four writers that
each wait for the response. The hand-made app only renames teams. It authenticates no caller, and
keeps neither a log nor an audit log. The figures are medians of ${rounds} rounds, in which the programs
take turns. They are higher if the machine is busy; its load average was ${loadBefore} before the start.

${table(
  ['', 'CPU of the server', 'CPU of PostgreSQL', 'statements'],
  results.map(({ write, title, serverUs, postgresUs, statements }) => [
    `${title}: ${titles[write]}`,
    `${(serverUs / 1_000).toFixed(2)} ms`,
    `${(postgresUs / 1_000).toFixed(2)} ms`,
    statements.toFixed(0),
  ]),
)}
${transactions}`;
}
