import type { InstanceIdentity, InstanceReport, InstanceSample } from '@rollcall/protocol';
import { type Bus, type EphemeralMessage, instancesTopic } from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/**
 * The samples of all instances. Each instance takes a sample of itself periodically and publishes
 * it. The others keep a short history in memory, so any instance can report on all of them, and
 * nothing is lost with an instance that stops. Without Redis each instance knows only itself.
 */

const sampleMs = 2_000;
/**
 * The length of a history, sufficient for a first look at a problem: 450 samples of about 400
 * bytes, 180 KB for each instance.
 */
export const historySecondsMax = 900;
const samplesMax = (historySecondsMax * 1_000) / sampleMs;
/**
 * An instance without samples for this time is considered stopped. Four samples in a row may be
 * lost or late.
 */
const silenceMsMax = 10_000;
/**
 * The most instances in memory, more than a deployment has. A process that crashes repeatedly is a
 * new instance each time.
 */
const instancesMax = 64;

export interface InstancesDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly self: InstanceIdentity;
  /** Measures this process. */
  takeSample(): Promise<InstanceSample>;
}

interface ReceivedSample {
  readonly sample: InstanceSample;
  readonly receivedAt: number;
}

interface Known {
  readonly identity: InstanceIdentity;
  number: number;
  readonly history: ReceivedSample[];
}

export class Instances {
  readonly #deps: InstancesDeps;
  readonly #known = new Map<string, Known>();
  #number = 0;
  #listener: AsyncDisposable | null = null;
  #isClosed = false;
  #cancel = () => {};

  private constructor(deps: InstancesDeps) {
    this.#deps = deps;
  }

  /** Subscribes to the samples of the others. */
  static async open(deps: InstancesDeps): Promise<Instances> {
    const instances = new Instances(deps);
    instances.#listener = await deps.bus.onBroadcast(instancesTopic, (message) => instances.#receive(message));
    return instances;
  }

  /** Publishes samples of this process from now on. Call it once all metrics are registered. */
  startSampling(): void {
    this.#later(0);
  }

  /** @param seconds the length of the report. Samples that were received earlier are left out. */
  report(seconds: number): InstanceReport {
    const { self, clock } = this.#deps;
    this.#forgetSilent();
    const since = clock.now() - seconds * 1_000;
    const instances = [...this.#known.values()]
      .map(({ identity, history }) => ({
        ...identity,
        samples: history.filter(({ receivedAt }) => receivedAt >= since).map(({ sample }) => sample),
      }))
      .sort((a, b) => a.name.localeCompare(b.name) || a.startedAt.localeCompare(b.startedAt));
    return { answeredBy: self.id, instances };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#listener?.[Symbol.asyncDispose]();
  }

  #later(ms: number): void {
    this.#cancel = this.#deps.clock.after(ms, () => {
      this.#tell()
        .catch((error: unknown) => this.#deps.log.warn({ error: String(error) }, 'could not take a sample for the operations page'))
        .finally(() => {
          if (!this.#isClosed) this.#later(sampleMs);
        });
    });
  }

  async #tell(): Promise<void> {
    const { self, bus, takeSample } = this.#deps;
    const sample = await takeSample();
    if (this.#isClosed) return;
    const number = ++this.#number;
    this.#forgetSilent();
    this.#keep(self, number, sample);
    // Nothing is sent while Redis is down: it would count as a lost message, and the next sample
    // replaces this one anyway.
    if (bus.status === 'redis') await bus.broadcast(instancesTopic, { type: 'instance', instance: self, number, sample });
  }

  #receive(message: EphemeralMessage): void {
    if (message.type === 'instance' && message.instance.id !== this.#deps.self.id)
      this.#keep(message.instance, message.number, message.sample);
  }

  #keep(identity: InstanceIdentity, number: number, sample: InstanceSample): void {
    const known = this.#known.get(identity.id) ?? { identity, number: 0, history: [] };
    if (number <= known.number || (this.#known.size >= instancesMax && !this.#known.has(identity.id))) return;
    known.number = number;
    known.history.push({ sample, receivedAt: this.#deps.clock.now() });
    if (known.history.length > samplesMax) known.history.shift();
    this.#known.set(identity.id, known);
  }

  #forgetSilent(): void {
    const since = this.#deps.clock.now() - silenceMsMax;
    for (const [id, { history }] of this.#known) if (history.at(-1)!.receivedAt < since) this.#known.delete(id);
  }
}
