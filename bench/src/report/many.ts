import { type IdleStep, type ManyResults, reopeningGoal } from '../many/many-results.ts';
import { describeAmount, drawOver } from './svg.ts';
import { table } from './table.ts';

/** The section about `npm run bench:many`, which measures separately. */

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const ms = (us: number) => `${(us / 1_000).toFixed(2)} ms`;
const kilobytes = (bytes: number) => `${Math.round(bytes / 1_000).toLocaleString('en')} kB`;
const whole = (value: number) => Math.round(value).toLocaleString('en');

/** @param plotsPath relative path from the page to the plots */
export function manySection(results: ManyResults, plotsPath: string): string {
  const { membersEach, opened, openingMax, openSeconds, leftSeconds, pinging, opening, writes, saturation, subscribers } = results;
  return `## Many organizations

\`npm run bench:many\` measured two instances with many small organizations of ${membersEach} members on
${results.measuredAt.slice(0, 10)}. The load average was ${results.loadBefore} before the start.

### Idle instances

Each instance has one connection, which is subscribed to half of the organizations, and nothing
changes. CPU is a share of one core: that of both instances together, and that of PostgreSQL. A ping
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
gets ${membersEach} rows, and all connections share one room. Memory is that of both servers after a garbage
collection, divided by the number of organizations.

${table(
  ['', 'connections/s', 'p99', 'memory after the burst', `${openSeconds} s later`, `${leftSeconds} s after all left`],
  opening.map(({ title, perSecond, p99Ms, burstBytes, openBytes, leftBytes }) => [
    title,
    whole(perSecond),
    `${whole(p99Ms)} ms`,
    kilobytes(burstBytes),
    kilobytes(openBytes),
    kilobytes(leftBytes),
  ]),
)}
Then an instance is killed that has one subscriber of each of ${whole(results.reopened)} organizations. All these
subscribers were current on the other instance ${(results.reopenedMs / 1_000).toFixed(1)} s after they began to connect to it.
The goal is ${reopeningGoal.ms / 1_000} s for ${whole(reopeningGoal.organizations)} organizations: ${reopeningVerdict(results)}.

### Writes and deliveries

CPU and statements are those of one rename of a team over REST. *deliveries/s* and *p99* are
measured while 32 writers, who each wait for the response, change one organization with ${whole(subscribers)}
subscribers.

${table(
  ['', 'CPU of the server', 'CPU of PostgreSQL', 'statements', 'deliveries/s', 'p99'],
  writes.map(({ title, serverUs, postgresUs, statements }) => {
    const saturated = saturation.find((one) => one.title === title);
    return [
      title,
      ms(serverUs),
      ms(postgresUs),
      statements.toFixed(0),
      saturated ? whole(saturated.deliveriesPerSecond) : '–',
      saturated ? `${saturated.p99Ms.toFixed(0)} ms` : '–',
    ];
  }),
)}
### What one core can do

Calculated from the figures above. [Sizing](operating.md#sizing) describes how to use them.

${sizingTable(results)}`;
}

function reopeningVerdict({ reopened, reopenedMs }: ManyResults): string {
  if (reopened < reopeningGoal.organizations) return 'not measured';
  return reopenedMs <= reopeningGoal.ms ? 'met' : '**missed**';
}

function sizingTable({ writes, pinging, opening, saturation }: ManyResults): string {
  const write = writes[0]!;
  const pings = pinging.connections / pinging.everySeconds;
  const { openBytes } = opening[0]!;
  return table(
    ['', 'instances', 'PostgreSQL'],
    [
      ['writes/s of one core', whole(1_000_000 / write.serverUs), whole(1_000_000 / write.postgresUs)],
      ['pings/s of one core', perCore(pings, pinging.instances), perCore(pings, pinging.postgres)],
      ['deliveries/s of two instances', whole(saturation[0]!.deliveriesPerSecond), '–'],
      ['organizations with two connections in one GB of memory', whole(1e9 / openBytes), '–'],
    ],
  );
}

/** A share of less than 0.1 % is within the error of the measurement. */
function perCore(perSecond: number, share: number): string {
  return share < 0.001 ? '–' : whole(perSecond / share);
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
