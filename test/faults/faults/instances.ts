import { setTimeout as sleep } from 'node:timers/promises';
import type { FailpointName } from '../../../server/src/runtime/failpoints.ts';
import { type Fault, repeatFor } from '../fault.ts';

/** Failpoints in the delivery of a change and in a subscription. */
const failpoints = ['after-commit', 'before-publish', 'after-access-read', 'before-live'] as const satisfies readonly FailpointName[];
/**
 * An armed instance serves a client, and so reaches its failpoint, within seconds. On a busy
 * machine its start alone takes that long.
 */
const reachMsMax = 60_000;
const timesMax = 5;

function killedAt(name: FailpointName): Fault {
  return {
    name: `killed-${name}`,
    description: `one instance after another ends by SIGKILL at the failpoint ${name}`,
    blocksServers: true,
    async inject({ cluster, random, forMs, verdicts }) {
      let kills = 0;
      await repeatFor(forMs, async () => {
        const instance = random.pick(cluster.instances);
        await instance.kill();
        await instance.start({ name, time: 1 + random.int(timesMax) });
        const exit = await Promise.race([instance.ended(), sleep(reachMsMax, null, { ref: false })]);
        if (exit) kills++;
        else verdicts.violated('fault', `an instance did not reach ${name} within ${reachMsMax} ms`);
        await instance.kill();
        await instance.start();
      });
      return { kills };
    },
  };
}

export const instanceFaults: readonly Fault[] = [
  ...failpoints.map(killedAt),
  {
    name: 'instance-frozen',
    description: 'an instance is stopped by SIGSTOP, 20 s in the full run',
    blocksServers: true,
    async inject({ cluster, random, freezeMs }) {
      const instance = random.pick(cluster.instances);
      instance.freeze();
      await sleep(freezeMs);
      instance.thaw();
      return { freezes: 1 };
    },
  },
];
