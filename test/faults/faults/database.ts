import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Fault, repeatFor } from '../fault.ts';

/**
 * Fewer terminations could all have hit statements that change nothing, and that are repeated
 * without effect.
 */
const cutsMin = 5;
/** The least writes that a standby has received before its primary is lost. */
const writesMin = 10;

export const databaseFaults: readonly Fault[] = [
  {
    name: 'postgres-restarted',
    description: 'PostgreSQL is alternately restarted, and killed and started again',
    blocksServers: true,
    async inject({ cluster, random, forMs }) {
      let kills = 0;
      const restarts = await repeatFor(forMs, async () => {
        await cluster.parts.postgres.restart();
        await sleep(random.int(1_500));
        await cluster.parts.postgres.kill();
        kills++;
        await sleep(random.int(500));
        await cluster.parts.postgres.restart();
        await sleep(random.int(1_500));
      });
      return { restarts, kills };
    },
  },
  {
    name: 'primary-lost',
    description: 'PostgreSQL is killed, and its synchronous standby promoted; the address moves to it',
    blocksServers: true,
    async inject({ cluster, random, forMs, writers: { deps } }) {
      const { postgres } = cluster.parts;
      let writes = 0;
      const promotions = await repeatFor(forMs, async () => {
        const standby = await postgres.addStandby({ isSynchronous: true });
        const before = deps.journal.count;
        const written = () => deps.journal.count - before;
        await repeatFor(
          random.int(2_000),
          () => sleep(20),
          () => written() >= writesMin,
        );
        writes += written();
        await postgres.kill();
        await sleep(random.int(1_000));
        await standby.promote();
      });
      return { promotions, 'writes before them': writes };
    },
  },
  {
    name: 'backends-terminated',
    description: 'pg_terminate_backend on busy connections, many times per second',
    blocksServers: true,
    async inject({ cluster, random, forMs }) {
      let terminated = 0;
      await repeatFor(
        forMs,
        async () => {
          const { rows } = await sql`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'rollcall' AND pid <> pg_backend_pid() AND state <> 'idle'
        `.execute(cluster.parts.database.db);
          terminated += rows.length;
          await sleep(random.int(60));
        },
        () => terminated > 0,
      );
      return { terminated };
    },
  },
  {
    name: 'commit-responses-lost',
    description: 'connections to PostgreSQL are cut between its commit and its response',
    blocksServers: true,
    async inject({ cluster, random, forMs }) {
      const links = cluster.instances.map(({ database }) => database);
      const cuts = () => links.reduce((sum, link) => sum + link.cuts, 0);
      const before = cuts();
      await repeatFor(
        forMs,
        async () => {
          random.pick(links).loseNextCommitResponse();
          await sleep(random.int(150));
        },
        () => cuts() - before >= cutsMin,
      );
      for (const link of links) link.forgive();
      return { cut: cuts() - before };
    },
  },
  {
    name: 'database-unreachable',
    description: 'the connections of one instance after another to PostgreSQL silently drop all data',
    blocksServers: true,
    async inject({ cluster, random, forMs }) {
      const { database } = random.pick(cluster.instances);
      database.tcp.block();
      await sleep(forMs);
      database.tcp.unblock();
      return { blocked: 1 };
    },
  },
];
