import type { ManyResults } from '../many/many-results.ts';
import { medianOf, type Results } from '../results.ts';
import { whole } from './many-goals.ts';
import { table } from './table.ts';

/** The section about the needs of organizations, calculated from measured costs. */

interface Product {
  readonly members: number;
  /** Connections to each organization. */
  readonly connections: number;
  /** Writes to each organization at peak hours. */
  readonly writesPerMinute: number;
}

const products: readonly Product[] = [
  { members: 11, connections: 2, writesPerMinute: 1 },
  { members: 100, connections: 20, writesPerMinute: 10 },
];
const organizationCounts = [100, 1_000, 10_000];
/** The rest of a core serves reconnect bursts. */
const busyShareMax = 0.5;
const instancesMin = 2;

interface Costs {
  /** CPU time in microseconds. */
  readonly writeUs: Cpu;
  readonly pingUs: Cpu;
  readonly deliveryUs: number;
  /** Shares of a core of one idle instance, and of PostgreSQL. */
  readonly idle: Cpu;
  readonly pingSeconds: number;
  /** Memory of an instance without organizations. */
  readonly instanceBytes: number;
  readonly connectionBytes: number;
  /** Memory of an organization of `membersEach` members in one instance. */
  readonly feedBytes: number;
  readonly membersEach: number;
  readonly memberBytes: number;
}

interface Cpu {
  readonly instance: number;
  readonly postgres: number;
}

/** Each write in the measurement is delivered to two subscribers. */
const deliveriesIncluded = 2;

function costsOf(results: ManyResults, bench: Results): Costs {
  const { idle, writes, pinging, opening, membersEach, memberBytes } = results;
  const most = idle.at(-1)!;
  const pings = pinging.connections / pinging.everySeconds;
  const perWrite = (share: number) => (share * 1_000_000) / writes.commitsPerSecond;
  // A share that is within the error of the measurement may be negative.
  const perPing = (share: number) => (Math.max(0, share) * 1_000_000) / pings;
  const connectionBytes = bench.contestants.find(({ name }) => name === 'rollcall')!.rssPerConnectionBytes;
  return {
    writeUs: { instance: perWrite(writes.instances), postgres: perWrite(writes.postgres) },
    pingUs: { instance: perPing(pinging.instances), postgres: perPing(pinging.postgres) },
    deliveryUs: medianOf(bench, 'rollcall', 'paced', ({ cpuUsPerDelivery }) => cpuUsPerDelivery),
    idle: { instance: most.instances / 2, postgres: most.postgres },
    pingSeconds: pinging.everySeconds,
    instanceBytes: idle[0]!.rssBytes / 2,
    connectionBytes,
    feedBytes: opening[0].memory.openBytes / 2 - connectionBytes,
    membersEach,
    memberBytes,
  };
}

export function sizingSection(results: ManyResults, bench: Results): string {
  const costs = costsOf(results, bench);
  const perCore = (us: number) => (us < 1 ? '–' : whole(1_000_000 / us));
  return `### What one core can do

Calculated from the figures above. A write is one to an organization with a subscriber on each of
two instances. A delivery to a further subscriber, at 20 changes per second, and the memory of a
connection are from \`npm run bench\`. The memory of an organization is that in one instance, with
${costs.membersEach} members and without its connections.

${table(
  ['', 'instances', 'PostgreSQL'],
  [
    ['writes/s of one core', perCore(costs.writeUs.instance), perCore(costs.writeUs.postgres)],
    ['pings/s of one core', perCore(costs.pingUs.instance), perCore(costs.pingUs.postgres)],
    ['deliveries/s of one core', perCore(costs.deliveryUs), '–'],
    ['organizations in one GB of memory', whole(1e9 / costs.feedBytes), '–'],
    ['further members in one GB of memory', whole(1e9 / costs.memberBytes), '–'],
    ['connections in one GB of memory', whole(1e9 / costs.connectionBytes), '–'],
  ],
)}
### What organizations need

Calculated from the costs of one core, at peak hours. Each connection pings every ${costs.pingSeconds} s, and each
write is delivered to all connections of its organization. CPU is in cores. The number of instances
keeps half of a core of each one free, and one of them can be down. Memory is that of all instances,
each of which holds the organizations of its connections. [Sizing](operating/instances.md#sizing) describes how
to use the table.

${table(
  [
    'organizations',
    'members each',
    'connections',
    'writes/s',
    'CPU of the instances',
    'instances',
    'memory of the instances',
    'CPU of PostgreSQL',
  ],
  products.flatMap((product) => organizationCounts.map((count) => sizeRow(count, product, costs))),
)}`;
}

function sizeRow(organizations: number, { members, connections, writesPerMinute }: Product, costs: Costs): string[] {
  const { writeUs, pingUs, deliveryUs, idle, pingSeconds } = costs;
  const sockets = organizations * connections;
  const writes = (organizations * writesPerMinute) / 60;
  const pings = sockets / pingSeconds;
  const deliveries = writes * (connections - deliveriesIncluded);
  const cores = (writes * writeUs.instance + pings * pingUs.instance + deliveries * deliveryUs) / 1_000_000;
  const instances = Math.max(instancesMin, Math.ceil(cores / (busyShareMax - idle.instance)) + 1);
  const feeds = organizations * Math.min(instances, connections);
  const feedBytes = costs.feedBytes + (members - costs.membersEach) * costs.memberBytes;
  const bytes = instances * costs.instanceBytes + feeds * feedBytes + sockets * costs.connectionBytes;
  const postgres = idle.postgres + (writes * writeUs.postgres + pings * pingUs.postgres) / 1_000_000;
  return [
    whole(organizations),
    whole(members),
    whole(sockets),
    writes.toFixed(1),
    (cores + instances * idle.instance).toFixed(2),
    whole(instances),
    `${(bytes / 1e9).toFixed(1)} GB`,
    postgres.toFixed(2),
  ];
}
