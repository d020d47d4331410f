import type { InstanceReport, InstanceSample } from '@rollcall/client';

/** What the server keeps too. */
export const historySeconds = 900;
/** A balancer may ask an instance that has just begun and knows nobody yet: one that it does not name stays for so long. */
const unnamedMsMax = 5_000;

export interface SeenInstance {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly startedAt: string;
  /** From the oldest on; never empty. */
  readonly samples: readonly InstanceSample[];
  /** When an answer named it last, in milliseconds of this page. */
  readonly namedAt: number;
}

/** What is known after an answer: whichever instance gave it, and however much it overlaps with what was known. */
export function mergeReport(known: readonly SeenInstance[], { instances }: InstanceReport, now: number): SeenInstance[] {
  const byId = new Map(known.filter(({ namedAt }) => now - namedAt <= unnamedMsMax).map((one) => [one.id, one]));
  for (const { samples: told, ...identity } of instances) {
    const samples = new Map([...(byId.get(identity.id)?.samples ?? []), ...told].map((sample) => [sample.at, sample]));
    const sorted = [...samples.values()].sort((a, b) => a.at - b.at);
    const since = (sorted.at(-1)?.at ?? 0) - historySeconds * 1_000;
    if (sorted.length > 0) byId.set(identity.id, { ...identity, samples: sorted.filter(({ at }) => at >= since), namedAt: now });
  }
  return [...byId.values()].sort((a, b) => a.name.localeCompare(b.name) || a.startedAt.localeCompare(b.startedAt));
}

/** Of all instances within what is shown, most frequent first. */
export function sumResyncs(instances: readonly SeenInstance[]): [reason: string, count: number][] {
  const sums = new Map<string, number>();
  for (const { samples } of instances)
    for (const { resyncs } of samples)
      for (const [reason, count] of Object.entries(resyncs)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].sort(([, a], [, b]) => b - a);
}
