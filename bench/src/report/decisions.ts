import type { CanResults } from '../can/can-results.ts';
import { table } from './table.ts';

/** The section about `npm run bench:can`, which measures separately. */
export function decisionsSection({ measuredAt, loadBefore, rounds, members, results }: CanResults): string {
  return `## Decisions

Decisions of \`can()\` per second of CPU time, on a live replica of ${members.toLocaleString('en')} members, measured by
\`npm run bench:can\` on ${measuredAt.slice(0, 10)}. The first row is the smallest check that a program could make
itself: the user's role from a \`Map\`, and the scope from the \`Set\` of that role. It knows no
organization, team or freshness. The figures are medians of ${rounds} interleaved rounds in one process. The
load average was ${loadBefore} before the start.

${table(
  ['', 'decisions/s'],
  results.map(({ title, perSecond }) => [title, `${(perSecond / 1e6).toFixed(1)} million`]),
)}`;
}
