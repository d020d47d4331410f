import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { type Fault, type FaultContext, repeatFor } from '../fault.ts';
import type { PubSubMessage } from '../links/resp.ts';
import type { Organization } from '../organization.ts';
import type { WatchedReplica } from '../watched-replica.ts';

const lossRates = [0.01, 0.05, 0.1, 0.25, 0.5];
const burstSize = 5;
/**
 * The sweep runs every 250 ms. Clients ping every 1.7 s at the earliest, and must not be what
 * repairs the loss.
 */
const sweptMsMax = 1_200;

function sumOf<T>(all: readonly T[], numberOf: (one: T) => number): number {
  return all.reduce((sum, one) => sum + numberOf(one), 0);
}

async function sumMetric({ cluster }: FaultContext, name: string): Promise<number> {
  const numbers = await Promise.all(cluster.instances.map((instance) => readMetric(instance, name)));
  return sumOf(numbers, (number) => number);
}

export const noticeFaults: readonly Fault[] = [
  {
    name: 'notices-dropped',
    description: '1, 5, 10, 25 and 50 % of the notices to each instance are lost',
    blocksServers: false,
    async inject({ cluster, forMs }) {
      const links = cluster.instances.map(({ redis }) => redis);
      const lostBefore = sumOf(links, ({ lost }) => lost);
      const lost = () => sumOf(links, (link) => link.lost) - lostBefore;
      for (const rate of lossRates) {
        for (const link of links) link.lossRate = rate;
        await repeatFor(
          forMs / lossRates.length,
          () => sleep(20),
          () => rate < 0.5 || lost() > 0,
        );
      }
      for (const link of links) link.lossRate = 0;
      return { lost: lost() };
    },
  },
  {
    name: 'last-notice-dropped',
    description: 'in each burst, the last notice is lost on all connections',
    blocksServers: false,
    async inject(context) {
      const { cluster, organizations, writers, verdicts, forMs } = context;
      await writers.halt();
      await eventually(() => Promise.all(cluster.instances.map((instance) => instance.hasBus('redis'))), { timeoutMs: 20_000 });
      const links = cluster.instances.map(({ redis }) => redis);
      const lostBefore = sumOf(links, ({ lost }) => lost);
      const sweptBefore = await sumMetric(context, 'rollcall_gaps_found_by_sweep_total');
      let number = 0;
      const bursts = await repeatFor(forMs, async () => {
        number++;
        for (let index = 0; index < burstSize; index++) await writeEverywhere(context, `burst ${number} ${index}`);
        for (const link of links) link.lossRate = 1;
        await writeEverywhere(context, `burst ${number} last`);
        await Promise.all(organizations.map((org) => assertSwept(context, org)));
        for (const link of links) link.lossRate = 0;
      });
      const swept = (await sumMetric(context, 'rollcall_gaps_found_by_sweep_total')) - sweptBefore;
      const lost = sumOf(links, (link) => link.lost) - lostBefore;
      verdicts.check('sweep', swept > 0, () => `the sweep found none of ${lost} lost last notices`);
      return { bursts, lost };
    },
  },
  {
    name: 'notices-forged',
    description: 'garbage, forged, moved and repeated notices are published',
    blocksServers: false,
    async inject(context) {
      const { cluster, random, forMs } = context;
      const droppedBefore = await sumMetric(context, 'rollcall_notices_dropped_total');
      let published = 0;
      await repeatFor(
        forMs,
        async () => {
          const notices = cluster.instances.flatMap(({ redis }) => redis.notices);
          if (notices.length > 0) {
            const real = random.pick(notices);
            const messages = forge(real, random.pick(notices));
            await cluster.publish(real.channel, messages);
            published += messages.length;
          }
          await sleep(50);
        },
        () => published > 0,
      );
      return { published, 'dropped by servers': (await sumMetric(context, 'rollcall_notices_dropped_total')) - droppedBefore };
    },
  },
];

/** One small change of each organization, which all its viewers receive. */
async function writeEverywhere({ organizations, writers }: FaultContext, name: string): Promise<void> {
  await Promise.all(
    organizations.map((org) =>
      writers.deps.rest.send({
        orgId: org.id,
        command: 'update-organization',
        method: 'PUT',
        path: `/api/0/organizations/${org.slug}/`,
        token: org.owner.token,
        body: { name: `${org.name} ${name}` },
        key: `${name} ${org.id}`,
      }),
    ),
  );
}

async function assertSwept({ writers: { deps }, verdicts }: FaultContext, org: Organization): Promise<void> {
  const revision = deps.journal.headAt(org.id, performance.now());
  const following = org.replicas.filter(({ handle }) => handle.status.phase === 'live' && handle.state.organization !== null);
  const assertArrives = async ({ name, handle }: WatchedReplica) => {
    const arrives = eventually(() => assert.ok((handle.status.revision ?? 0) >= revision, 'the revision has not arrived'), {
      timeoutMs: sweptMsMax,
    });
    const isThere = await arrives.then(
      () => true,
      () => false,
    );
    verdicts.check('sweep', isThere, () => `${name} still lacked ${revision} ${sweptMsMax} ms after the last notice was lost`);
  };
  await Promise.all(following.map(assertArrives));
}

/** Messages that an attacker with write access to Redis, but without the secret, could send. */
function forge({ message }: PubSubMessage, other: PubSubMessage): string[] {
  const [version, sender, mac, json] = /^([^.]*)\.([^.]*)\.([^.]*)\.(.*)$/s.exec(message)?.slice(1) ?? [];
  const revision = /"revision":(\d+)/.exec(json ?? '')?.[1] ?? '1';
  const next = (json ?? '{}').replaceAll(`"revision":${revision}`, `"revision":${Number(revision) + 1}`);
  return [
    'garbage',
    '',
    `9.${sender}.${mac}.${json}`,
    `${version}.somebody.${mac}.${next}`,
    `${version}.${sender}.${mac}.${next}`,
    `${version}.${sender}.${mac?.slice(1)}A.${json}`,
    // Genuine messages: repeated, and moved to the channel of another organization.
    message,
    other.message,
  ];
}
