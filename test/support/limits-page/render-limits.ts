import { featureLimits } from '../../../server/src/features/limits.ts';
import type { FixedLimit, LimitGroup, SettableLimit } from '../../../server/src/runtime/limits/limit.ts';
import { coreLimits } from '../../../server/src/runtime/limits/limits.ts';

export const limitsPage = 'docs/operating/limits.md';

/** All limits, by subject. */
export const limitGroups: readonly LimitGroup[] = [...coreLimits, ...featureLimits];

const marked = /(<!-- limits: (.+?) -->\n)[\s\S]*?(<!-- end of limits -->)/g;

/**
 * Renders the table of each group between its marks. The text around them stays.
 * @throws Error if a group has no marks, or marks have no group
 */
export function renderLimits(page: string): string {
  const titles = [...page.matchAll(marked)].map(([, , title]) => title);
  const missing = limitGroups.filter(({ title }) => !titles.includes(title)).map(({ title }) => title);
  if (missing.length > 0) throw new Error(`${limitsPage} has no marks for: ${missing.join(', ')}`);
  return page.replace(marked, (_marked, begin: string, title: string, end: string) => {
    const group = limitGroups.find((one) => one.title === title);
    if (!group) throw new Error(`${limitsPage} has marks for unknown limits: ${title}`);
    return `${begin}\n${tableOf(group)}\n${end}`;
  });
}

function tableOf({ settable = {}, fixed = {} }: LimitGroup): string {
  const rows = [...Object.values(settable).map(settableCells), ...Object.entries(fixed).map(([name, limit]) => fixedCells(name, limit))];
  const head = ['setting or name', 'default', 'unit', 'highest', 'scope', 'limits', 'reason'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function settableCells({ setting, default: byDefault, unit, max, scope, text, reason }: SettableLimit): string[] {
  return [`\`${setting}\``, grouped(byDefault), unit, grouped(max), scope, text, reason];
}

function fixedCells(name: string, { value, unit, scope, text, reason }: FixedLimit): string[] {
  return [`\`${name}\``, grouped(value), unit, 'fixed', scope, text, reason];
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}
