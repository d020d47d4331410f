import type { Invariant } from './verdicts.ts';

/** A safeguard that can be switched off, to see whether the run would notice that it is missing. */
export interface Safeguard {
  readonly name: string;
  readonly says: string;
  readonly of: 'server' | 'client';
  /** How the path of the module ends, as it is loaded. */
  readonly file: string;
  /** A regular expression that matches once in it. */
  readonly find: string;
  readonly replace: string;
  /** The fault that shows it, and what it then violates. */
  readonly fault: string;
  readonly violates: Invariant;
}

export const safeguards: readonly Safeguard[] = [
  {
    name: 'sweep',
    says: 'servers look at the heads every 250 ms (R2)',
    of: 'server',
    file: '/server/dist/read-path/head-checks.js',
    find: 'async #sweep\\(\\) \\{',
    replace: '$& return;',
    fault: 'last-notice-dropped',
    violates: 'sweep',
  },
  {
    name: 'eviction',
    says: 'servers end the subscriptions of whoever lost their access (A1, A2)',
    of: 'server',
    file: '/server/dist/read-path/channel.js',
    find: '#judgeAgain\\(subscription, entry\\) \\{',
    replace: "$& if ('revoked' in judgeViewer(this.feed.state, subscription.viewer)) return;",
    fault: 'none',
    violates: 'no-leak',
  },
  {
    name: 'idempotency',
    says: 'servers answer a key they know as they did before (W5)',
    of: 'server',
    file: '/server/dist/write-path/run-command.js',
    find: 'const kept = [^;]+;',
    replace: 'const kept = null; call = { ...call, idempotencyKey: null };',
    fault: 'commit-answers-lost',
    violates: 'exactly-once',
  },
  {
    name: 'gap',
    says: 'clients subscribe again when a step begins beyond their copy (R6)',
    of: 'client',
    file: '/client-sdk/src/replica-machine.ts',
    find: 'frame\\.from\\s*>\\s*standing\\.revision',
    replace: 'false',
    fault: 'steps-lost',
    violates: 'law',
  },
];

/** The module to import before all others, which takes the safeguard out while its file is loaded. */
export function weakening({ file, find, replace }: Safeguard): string {
  return new URL(`weaken.mjs?${new URLSearchParams({ file, find, replace })}`, import.meta.url).href;
}
