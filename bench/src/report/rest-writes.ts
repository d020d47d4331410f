import type { RestResults } from '../commits/rest-results.ts';
import type { WriteName } from '../commits/rest-writes.ts';
import { table } from './table.ts';

const titles: Readonly<Record<WriteName, string>> = {
  'rename-team': 'rename a team',
  'change-role': 'change a member’s role',
  'create-team': 'create a team',
  'create-project': 'create a project',
};

const transactions = `
### The transaction of a write

What the server sends to PostgreSQL from BEGIN to COMMIT, before and after records, log, audit log
and head were saved by one statement ([ADR 43](adr/0043-one-statement-saves-a-revision.md)). A send
wakes PostgreSQL, and costs more than a small statement.
[statements-of-writes.test.ts](../test/integration/write-path/statements-of-writes.test.ts) fails
when a number grows.

| | statements before | now | sends before | now |
| --- | ---: | ---: | ---: | ---: |
| rename a team | 9 | 7 | 2 | 2 |
| change a member’s role | 11 | 8 | 2 | 2 |
| create a team | 12 | 8 | 3 | 2 |
| create a project | 15 | 11 | 3 | 2 |
| add a member to a team | 12 | 10 | 3 | 3 |
| invite a member | 16 | 14 | 7 | 4 |`;

/** The section about `npm run bench:commits`, which measures separately. */
export function restWritesSection({ measuredAt, loadBefore, rounds, results }: RestResults): string {
  return `## A write over REST

The CPU time of one write over REST in the server and in PostgreSQL, and its statements, measured by
\`npm run bench:commits\` on ${measuredAt.slice(0, 10)}. Four writers each wait for the response. The hand-made app
only renames teams. It authenticates no caller, and keeps neither a log nor an audit log. The
figures are medians of ${rounds} interleaved rounds. They grow when the machine is busy; its load average
was ${loadBefore} before the start.

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
