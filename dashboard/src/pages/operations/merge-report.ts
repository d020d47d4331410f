import type { InstanceReport, InstanceSample } from '@rollcall/client';

/** The length of the history, the same as on the server. */
export const historySeconds = 900;
/**
 * Time that an instance stays after reports no longer contain it. A load balancer may route a
 * request to an instance that has just started and does not know the others yet.
 */
const unnamedMsMax = 5_000;

export interface SeenInstance {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly startedAt: string;
  /** Oldest first; never empty. */
  readonly samples: readonly InstanceSample[];
  /** When a report last contained it, by `performance.now()`. */
  readonly namedAt: number;
}

/** Merges a report, from any instance, into the known samples, which it may overlap. */
export function mergeReport(known: readonly SeenInstance[], { instances }: InstanceReport, now: number): SeenInstance[] {
  const byId = new Map(known.filter(({ namedAt }) => now - namedAt <= unnamedMsMax).map((one) => [one.id, one]));
  for (const { samples: received, ...identity } of instances) {
    const samples = new Map([...(byId.get(identity.id)?.samples ?? []), ...received].map((sample) => [sample.at, sample]));
    const sorted = [...samples.values()].sort((a, b) => a.at - b.at);
    const since = (sorted.at(-1)?.at ?? 0) - historySeconds * 1_000;
    if (sorted.length > 0) byId.set(identity.id, { ...identity, samples: sorted.filter(({ at }) => at >= since), namedAt: now });
  }
  return [...byId.values()].sort((a, b) => a.name.localeCompare(b.name) || a.startedAt.localeCompare(b.startedAt));
}

/** The resyncs of all instances by reason, most frequent first. */
export function sumResyncs(instances: readonly SeenInstance[]): [reason: string, count: number][] {
  const sums = new Map<string, number>();
  for (const { samples } of instances)
    for (const { resyncs } of samples)
      for (const [reason, count] of Object.entries(resyncs)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].sort(([, a], [, b]) => b - a);
}
