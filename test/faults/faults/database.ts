import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Fault, repeatFor } from '../fault.ts';

/**
 * Fewer terminations could all have hit statements that change nothing, and that are repeated
 * without effect.
 */
const cutsMin = 5;

export const databaseFaults: readonly Fault[] = [
  {
    name: 'postgres-restarted',
    says: 'PostgreSQL is alternately restarted, and killed and started again',
    holdsUp: true,
    async inject({ stage, random, forMs }) {
      let kills = 0;
      const restarts = await repeatFor(forMs, async () => {
        await stage.parts.postgres.restart();
        await sleep(random.int(1_500));
        await stage.parts.postgres.kill();
        kills++;
        await sleep(random.int(500));
        await stage.parts.postgres.restart();
        await sleep(random.int(1_500));
      });
      return { restarts, kills };
    },
  },
  {
    name: 'backends-terminated',
    says: 'pg_terminate_backend on busy connections, many times per second',
    holdsUp: true,
    async inject({ stage, random, forMs }) {
      let terminated = 0;
      await repeatFor(
        forMs,
        async () => {
          const { rows } = await sql`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'rollcall' AND pid <> pg_backend_pid() AND state <> 'idle'
        `.execute(stage.parts.database.db);
          terminated += rows.length;
          await sleep(random.int(60));
        },
        () => terminated > 0,
      );
      return { terminated };
    },
  },
  {
    name: 'commit-answers-lost',
    says: 'connections to PostgreSQL are cut between its commit and its response',
    holdsUp: true,
    async inject({ stage, random, forMs }) {
      const links = stage.instances.map(({ database }) => database);
      const cuts = () => links.reduce((sum, link) => sum + link.cuts, 0);
      const before = cuts();
      await repeatFor(
        forMs,
        async () => {
          random.pick(links).loseNextCommitAnswer();
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
    says: 'the connections of one instance after another to PostgreSQL silently drop all data',
    holdsUp: true,
    async inject({ stage, random, forMs }) {
      const { database } = random.pick(stage.instances);
      database.tcp.block();
      await sleep(forMs);
      database.tcp.unblock();
      return { blocked: 1 };
    },
  },
];
