import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMetric } from '../../support/metrics.ts';
import { type Fault, type FaultContext, repeatFor } from '../fault.ts';
import type { Organization } from '../organization.ts';
import type { WatchedReplica } from '../watched-replica.ts';

const slowBytesPerSecond = 1_024;
/**
 * The kernels on both ends buffer some megabytes for a slow connection before a server must hold
 * anything back: a hundred of these.
 */
const largeSettingBytes = 60_000;
const stepLossRate = 0.2;
/**
 * The fewest steps to lose. With fewer, the next step could repair all losses, since it contains
 * the last value of each record.
 */
const lostMin = 10;
/** The pause keeps organizations at the size of the history. */
const teamPauseMs = 50;

function replicasOf({ organizations }: FaultContext): WatchedReplica[] {
  return organizations.flatMap(({ replicas }) => replicas);
}

/** A third of the replicas, others each time. */
function someOf(context: FaultContext): WatchedReplica[] {
  const replicas = context.random.shuffle(replicasOf(context));
  return replicas.slice(0, Math.ceil(replicas.length / 3));
}

async function makeTeam({ writers }: FaultContext, { id, slug: org, owner }: Organization, slug: string): Promise<void> {
  const path = `/api/0/organizations/${org}/teams/`;
  const call = { orgId: id, command: 'create-team', method: 'POST', path, token: owner.token, body: { slug } } as const;
  await writers.deps.rest.send({ ...call, key: `${slug} ${id}` });
}

/** Sets a value that may be long, and that all subscribers with read access receive. */
async function configure({ writers }: FaultContext, { id, slug, owner }: Organization, relayPiiConfig: string): Promise<void> {
  const call = { orgId: id, command: 'update-organization', method: 'PUT', path: `/api/0/organizations/${slug}/` } as const;
  await writers.deps.rest.send({
    ...call,
    token: owner.token,
    body: { relayPiiConfig },
    key: `configure ${id} ${randomUUID()}`,
    mayChangeNothing: true,
  });
}

/**
 * The reconnect burst first, and faults that cut connections last. A client that was cut off often
 * waits long before it reconnects, and in a burst all start again.
 */
export const clientFaults: readonly Fault[] = [
  {
    name: 'reconnect-burst',
    description: 'all clients start again at once, without a cursor',
    blocksServers: false,
    async inject(context) {
      const { cluster, verdicts, writers, organizations } = context;
      await writers.runTeamsOnly();
      const replicas = replicasOf(context);
      const before = await Promise.all(cluster.instances.map((instance) => readMetric(instance, 'rollcall_snapshot_builds_total')));
      for (const replica of replicas) replica.restart();
      await sleep(context.forMs);
      // The replicas of one person see the same, so there are at most as many audiences as persons.
      const audiences = organizations.reduce((sum, { subjects }) => sum + 1 + subjects.length, 0);
      for (const [index, instance] of cluster.instances.entries()) {
        const builds = (await readMetric(instance, 'rollcall_snapshot_builds_total')) - before[index]!;
        verdicts.check(
          'reconnect-burst',
          builds <= audiences,
          () => `instance ${index + 1} built ${builds} snapshots for ${audiences} audiences`,
        );
      }
      return { 'started again': replicas.length };
    },
  },
  {
    name: 'links-black-holed',
    description: 'a third of the clients’ connections silently drop all data',
    blocksServers: true,
    async inject(context) {
      const replicas = someOf(context);
      for (const { link } of replicas) link.block();
      await sleep(context.forMs);
      for (const { link } of replicas) link.unblock();
      return { 'black-holed': replicas.length };
    },
  },
  {
    name: 'links-slow',
    description: 'a third of the clients read 1 KB per second, and more is written than the kernels buffer for them',
    blocksServers: true,
    async inject(context) {
      const { cluster, organizations, writers, forMs } = context;
      // At full rate, the other writes would leave too little time to fill the buffers.
      await writers.runTeamsOnly();
      // The smallest organization: all its other replicas read the data that fills the buffers of
      // the slow ones.
      const org = organizations.at(-1)!;
      const owners = org.replicas.find(({ person }) => person === org.owner)!;
      const slow = [...new Set([owners, ...someOf(context)])];
      for (const { link } of slow) link.bytesPerSecond = slowBytesPerSecond;
      let behind = 0;
      let written = 0;
      await repeatFor(
        forMs,
        async () => {
          await configure(context, org, JSON.stringify({ vars: { number: ++written, text: 'x'.repeat(largeSettingBytes) } }));
          const now = await Promise.all(cluster.instances.map((instance) => readMetric(instance, 'rollcall_sockets_behind')));
          behind = Math.max(
            behind,
            now.reduce((sum, one) => sum + one, 0),
          );
        },
        () => behind > 0,
      );
      await configure(context, org, '');
      for (const { link } of slow) link.bytesPerSecond = null;
      return { slowed: slow.length, 'held back by servers': behind };
    },
  },
  {
    name: 'steps-lost',
    description: 'single steps are lost on connections that continue, as in no real network',
    blocksServers: false,
    async inject(context) {
      const { writers, organizations, forMs } = context;
      // A change that is undone could hide a loss until the next pong compares checksums, since a
      // step with a lower start would cover it. Therefore only lasting changes that are visible to
      // all viewers are made.
      await writers.halt();
      const replicas = replicasOf(context);
      const lost = () => replicas.reduce((sum, { inspector }) => sum + inspector.lost, 0);
      const before = lost();
      for (const { inspector } of replicas) inspector.lossRate = stepLossRate;
      let made = 0;
      await repeatFor(
        forMs,
        async () => {
          made++;
          await Promise.all(organizations.map((org) => makeTeam(context, org, `stays-${before}-${made}`)));
          await sleep(teamPauseMs);
        },
        () => lost() - before >= lostMin,
      );
      for (const { inspector } of replicas) inspector.lossRate = 0;
      return { lost: lost() - before };
    },
  },
  {
    name: 'links-reset',
    description: 'connections of clients are reset, also during REST requests',
    blocksServers: false,
    async inject(context) {
      const { cluster, random, forMs } = context;
      let reset = 0;
      let restReset = 0;
      await repeatFor(
        forMs,
        async () => {
          reset += random.pick(replicasOf(context)).link.reset();
          if (random.chance(0.3)) restReset += random.pick(cluster.instances).rest.reset();
          await sleep(random.int(150));
        },
        () => reset > 0 && restReset > 0,
      );
      return { reset, 'reset during REST': restReset };
    },
  },
];
