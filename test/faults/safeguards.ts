import type { Invariant } from './verdicts.ts';

/** A safeguard that can be switched off, to prove that the run detects its absence. */
export interface Safeguard {
  readonly name: string;
  readonly description: string;
  readonly target: 'server' | 'client';
  /** The end of the path of the loaded module. */
  readonly file: string;
  /** A regular expression that matches once in it. */
  readonly find: string;
  readonly replace: string;
  /** The fault that reveals the absence, and the invariant that it then violates. */
  readonly fault: string;
  readonly violates: Invariant;
}

export const safeguards: readonly Safeguard[] = [
  {
    name: 'sweep',
    description: 'servers read the heads every 250 ms (R2)',
    target: 'server',
    file: '/server/dist/read-path/heads/head-checks.js',
    find: 'async #sweep\\(\\) \\{',
    replace: '$& return;',
    fault: 'last-notice-dropped',
    violates: 'sweep',
  },
  {
    name: 'eviction',
    description: 'servers end the subscriptions of members who lost their access (A1, A2)',
    target: 'server',
    file: '/server/dist/read-path/watched/watched-organization.js',
    find: '#updateAccess\\(subscription, entry\\) \\{',
    replace: "$& if ('revoked' in this.#evaluate(subscription)) return;",
    fault: 'none',
    violates: 'no-leak',
  },
  {
    name: 'idempotency',
    description: 'servers repeat the first response to a known key (W5)',
    target: 'server',
    file: '/server/dist/write-path/run-command.js',
    find: 'const kept = [^;]+;',
    replace: 'const kept = null; call = { ...call, idempotencyKey: null };',
    fault: 'commit-responses-lost',
    violates: 'exactly-once',
  },
  {
    name: 'gap',
    description: 'clients subscribe again when a step begins beyond their replica (R6)',
    target: 'client',
    file: '/client-sdk/src/replica-machine.ts',
    find: 'frame\\.from\\s*>\\s*position\\.revision',
    replace: 'false',
    fault: 'steps-lost',
    violates: 'consistent',
  },
];

/** The module that removes the safeguard while its file is loaded. Import it before all others. */
export function weakening({ file, find, replace }: Safeguard): string {
  return new URL(`weaken.mjs?${new URLSearchParams({ file, find, replace })}`, import.meta.url).href;
}
