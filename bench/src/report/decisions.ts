import type { CanResults } from '../can/can-results.ts';
import { table } from './table.ts';

/** The section about `npm run bench:can`, which measures separately. */
export function decisionsSection({ measuredAt, loadBefore, rounds, members, results }: CanResults): string {
  return `## Decisions

The table has the number of decisions of \`can()\` per second of CPU time, on a live replica of ${members.toLocaleString('en')}
members. \`npm run bench:can\` measured it on ${measuredAt.slice(0, 10)}. The first row is the smallest check that a
program could make itself: it gets the user's role from a \`Map\`, and looks up the scope in the \`Set\`
of that role. Unlike \`can()\`, it considers neither organizations nor teams, and doesn't check that
its data is current. The figures are medians of ${rounds} rounds in one process, in which the checks take
turns. The load average was ${loadBefore} before the start.

${table(
  ['', 'decisions/s'],
  results.map(({ title, perSecond }) => [title, `${(perSecond / 1e6).toFixed(1)} million`]),
)}`;
}
