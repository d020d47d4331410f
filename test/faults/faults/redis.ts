import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from '../../support/redis-command.ts';
import { type Fault, repeatFor } from '../fault.ts';

export const redisFaults: readonly Fault[] = [
  {
    name: 'redis-restarted',
    description: 'Redis is killed, down for up to a second, and comes back empty',
    blocksServers: false,
    async inject({ cluster, random, forMs }) {
      const restarts = await repeatFor(forMs, async () => {
        await cluster.parts.redis.kill();
        await sleep(random.int(1_000));
        await cluster.parts.redis.restart();
        await sleep(random.int(1_500));
      });
      return { restarts };
    },
  },
  {
    name: 'pubsub-killed',
    description: 'CLIENT KILL TYPE pubsub, several times per second',
    blocksServers: false,
    async inject({ cluster, random, forMs }) {
      let killed = 0;
      await repeatFor(
        forMs,
        async () => {
          killed += Number(await redisCommand(cluster.parts.redis.port, 'client', 'kill', 'type', 'pubsub'));
          await sleep(random.int(400));
        },
        () => killed > 0,
      );
      return { killed };
    },
  },
  {
    name: 'redis-frozen',
    description: 'Redis is stopped by SIGSTOP: connections stay open without responses',
    blocksServers: false,
    async inject({ cluster, forMs }) {
      cluster.parts.redis.pause();
      await sleep(forMs);
      cluster.parts.redis.resume();
      return { freezes: 1 };
    },
  },
];
