import type { SentBatch, SkippedLine } from './send-batch.ts';

interface OrgTally {
  applied: number;
  skipped: number;
  revision: number;
}

/** The counts of a replay, for the summary at its end. */
export class ReplayTally {
  readonly #orgs = new Map<string, OrgTally>();
  readonly #skipped: SkippedLine[] = [];
  readonly #answerMs: number[] = [];

  get skipped(): readonly SkippedLine[] {
    return this.#skipped;
  }

  count(org: string, { applied, skipped, revision }: SentBatch, answerMs: number): void {
    const tally = this.#orgs.get(org) ?? { applied: 0, skipped: 0, revision: 0 };
    this.#orgs.set(org, { applied: tally.applied + applied, skipped: tally.skipped + skipped.length, revision });
    this.#answerMs.push(answerMs);
    this.skip(skipped);
  }

  skip(lines: readonly SkippedLine[]): void {
    this.#skipped.push(...lines);
  }

  summarize(seconds: number): string {
    const applied = [...this.#orgs.values()].reduce((sum, org) => sum + org.applied, 0);
    const lines = applied + this.#skipped.length;
    const answers = this.#answerMs.toSorted((a, b) => a - b);
    const atMost = (share: number) => `${(answers[Math.floor((answers.length - 1) * share)] ?? 0).toFixed(1)} ms`;
    return [
      `${lines} lines in ${seconds.toFixed(1)} s (${Math.round(lines / seconds)} per second): ${applied} applied, ${this.#skipped.length} skipped.`,
      `${answers.length} requests, with response times of ${atMost(0.5)} (p50) and ${atMost(0.99)} (p99).`,
      ...[...this.#orgs].map(([org, tally]) => `${org}: ${tally.applied} applied, ${tally.skipped} skipped, at revision ${tally.revision}`),
    ].join('\n');
  }
}
