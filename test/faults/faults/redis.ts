import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from '../../support/redis-command.ts';
import { type Fault, repeatFor } from '../fault.ts';

export const redisFaults: readonly Fault[] = [
  {
    name: 'redis-restarted',
    says: 'Redis is killed, down for up to a second, and comes back empty',
    holdsUp: false,
    async inject({ stage, random, forMs }) {
      const restarts = await repeatFor(forMs, async () => {
        await stage.parts.redis.kill();
        await sleep(random.int(1_000));
        await stage.parts.redis.restart();
        await sleep(random.int(1_500));
      });
      return { restarts };
    },
  },
  {
    name: 'pubsub-killed',
    says: 'CLIENT KILL TYPE pubsub, several times per second',
    holdsUp: false,
    async inject({ stage, random, forMs }) {
      let killed = 0;
      await repeatFor(
        forMs,
        async () => {
          killed += Number(await redisCommand(stage.parts.redis.port, 'client', 'kill', 'type', 'pubsub'));
          await sleep(random.int(400));
        },
        () => killed > 0,
      );
      return { killed };
    },
  },
  {
    name: 'redis-frozen',
    says: 'Redis is stopped by SIGSTOP: connections stay open without responses',
    holdsUp: false,
    async inject({ stage, forMs }) {
      stage.parts.redis.pause();
      await sleep(forMs);
      stage.parts.redis.resume();
      return { freezes: 1 };
    },
  },
];
