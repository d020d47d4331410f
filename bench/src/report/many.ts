import type { IdleStep, ManyResults } from '../many/many-results.ts';
import { median } from '../results.ts';
import { evaluateManyGoals, kilobytes, type OtherResults, percent, whole } from './many-goals.ts';
import { sizingSection } from './sizing.ts';
import { describeAmount, drawOver } from './svg.ts';
import { table } from './table.ts';

/** The section about `npm run bench:many`, which measures separately. */

const ms = (us: number) => `${(us / 1_000).toFixed(2)} ms`;

/** @param plotsPath relative path from the page to the plots */
export function manySection(results: ManyResults, others: OtherResults, plotsPath: string): string {
  const { membersEach, opened, openingMax, openSeconds, leftSeconds, pinging, opening } = results;
  return `## Many organizations

\`npm run bench:many\` measured two instances with many small organizations of ${membersEach} members on
${results.measuredAt.slice(0, 10)}. The load average was ${results.loadBefore} before the start.

### Goals for many organizations

A ratio is the median of the ratios of the rounds, with the smallest and the largest of them. The
programs take turns in each round.

${table(
  ['goal', 'measured', '', 'by'],
  evaluateManyGoals(results, others).map(({ claim, measured, isMet, command }) => [
    claim,
    measured,
    isMet ? 'met' : '**missed**',
    `\`npm run ${command}\``,
  ]),
)}
### Idle instances

Each instance has one connection, which is subscribed to half of the organizations, and nothing
changes. The same instances follow more and more organizations. CPU is a share of one core: that of
both instances together, and that of PostgreSQL. Memory is that after a garbage collection. A ping
requests the heads of all organizations to which its connection is subscribed.

${table(
  [
    'organizations',
    'CPU of the instances',
    'CPU of PostgreSQL',
    'transactions/s',
    'memory of both',
    'a ping: instance',
    'a ping: PostgreSQL',
  ],
  results.idle.map(({ organizations, instances, postgres, transactionsPerSecond, rssBytes, pingUs }) => [
    whole(organizations),
    percent(instances),
    percent(postgres),
    transactionsPerSecond.toFixed(0),
    `${Math.round(rssBytes / 1_000_000)} MB`,
    ms(pingUs.instances),
    ms(pingUs.postgres),
  ]),
)}
${whole(pinging.connections)} connections that subscribe to one organization each, and ping every ${pinging.everySeconds} s, add ${percent(pinging.instances)} of a
core in the instances and ${percent(pinging.postgres)} in PostgreSQL.

${manyPlots(results)
  .map(({ file, title }) => `![${title}](${plotsPath}/${file})`)
  .join('\n\n')}

### Opening

Clients open ${whole(opened)} organizations on each of the two instances, with one connection per organization
and instance, up to ${whole(openingMax)} at the same time. The time of a connection ends when the whole snapshot
has arrived; in Rollcall it includes the check of the credential. A connection to the hand-made app
gets ${membersEach} rows, and all connections share one room. Both programs run all the time and are opened in
turns, in ${opening[0].rounds.length} rounds with other organizations each. *Opened again* is the time until the subscribers
of ${whole(results.reopened)} organizations, one each, are current on the other instance after theirs was killed. The
figures are medians, with the smallest and the largest.

${table(
  ['', 'connections/s', 'p99', 'opened again'],
  opening.map(({ title, rounds, reopenedMs }) => [
    title,
    medianWithRange(
      rounds.map(({ perSecond }) => perSecond),
      whole,
    ),
    medianWithRange(
      rounds.map(({ p99Ms }) => p99Ms),
      (value) => `${whole(value)} ms`,
    ),
    medianWithRange(reopenedMs, (value) => `${(value / 1_000).toFixed(1)} s`),
  ]),
)}
Memory is that of both servers after a garbage collection, divided by the number of organizations.
It is measured in the first round. Before it, the servers wait until their memory no longer shrinks
after their start.

${table(
  ['', 'after the burst', `${openSeconds} s later`, `${leftSeconds} s after all left`],
  opening.map(({ title, memory: { burstBytes, openBytes, leftBytes } }) => [
    title,
    kilobytes(burstBytes),
    kilobytes(openBytes),
    kilobytes(leftBytes),
  ]),
)}
${writesPart(results)}
${sizingSection(results, others.bench)}`;
}

/** For example `797 (743 to 812)`. */
function medianWithRange(values: readonly number[], format: (value: number) => string): string {
  return `${format(median(values))} (${format(Math.min(...values))} to ${format(Math.max(...values))})`;
}

/** If more of the machine is busy, its CPU limits the rate. */
const busyShareMin = 0.9;

function writesPart({ writes, machine: { cores } }: ManyResults): string {
  const { organizations, writers, commitsPerSecond, instances, postgres, busyCores } = writes;
  const us = (share: number) => (share * 1_000_000) / commitsPerSecond;
  const isBusy = busyCores >= busyShareMin * cores;
  const limit = isBusy
    ? `${busyCores.toFixed(1)} of the machine's ${cores} cores were busy, so its CPU limited the rate`
    : `${busyCores.toFixed(1)} of the machine's ${cores} cores were busy, so waiting limited the rate, not the CPU`;
  const alone = whole(1_000_000 / us(postgres));
  return `### Writes to many organizations

${writers} writers, who each wait for the response, rename teams of ${whole(organizations)} organizations over REST. The
requests go to the two instances alternately, each of which has a subscriber of each organization.
The CPU time of the instances includes the delivery to these. PostgreSQL ran without fsync, so the
disk didn't limit the rate.

${table(
  ['commits/s', 'cores of the instances', 'cores of PostgreSQL', 'a commit: instances', 'a commit: PostgreSQL'],
  [[whole(commitsPerSecond), instances.toFixed(2), postgres.toFixed(2), ms(us(instances)), ms(us(postgres))]],
)}
${limit}.
The instances used ${percent(instances / busyCores)} of the busy cores, PostgreSQL ${percent(postgres / busyCores)}, and the writers and Redis the rest.
At this CPU time per commit, one core of PostgreSQL commits ${alone} writes per second if the instances
have machines of their own.
`;
}

export interface ManyPlot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Colors that color-blind people can distinguish. */
const colors = { instances: '#0072b2', postgres: '#e69f00' } as const;

export function manyPlots({ idle }: ManyResults): ManyPlot[] {
  const counts = idle.map(({ organizations }) => organizations);
  const plot = (
    file: string,
    title: string,
    read: (of: 'instances' | 'postgres') => (step: IdleStep) => number,
    unit: string,
  ): ManyPlot => {
    const lines = (['instances', 'postgres'] as const).map((of) => ({
      label: of === 'instances' ? 'two instances' : 'PostgreSQL',
      color: colors[of],
      values: idle.map(read(of)),
    }));
    return { file, title, svg: drawOver(title, 'organizations', counts, lines, (value) => `${describeAmount(value)} ${unit}`) };
  };
  const memory = 'Memory of two idle instances, by subscribed organizations';
  return [
    plot('many-idle.svg', 'CPU while nothing changes, by subscribed organizations', (of) => (step) => step[of] * 100, '%'),
    plot('many-ping.svg', 'CPU of one ping, by subscribed organizations', (of) => (step) => step.pingUs[of] / 1_000, 'ms'),
    {
      file: 'many-memory.svg',
      title: memory,
      svg: drawOver(
        memory,
        'organizations',
        counts,
        [{ label: 'two instances', color: colors.instances, values: idle.map(({ rssBytes }) => rssBytes / 1_000_000) }],
        (value) => `${describeAmount(value)} MB`,
      ),
    },
  ];
}
