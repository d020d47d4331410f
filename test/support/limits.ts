import { type LimitName, type Limits, limitTable } from '../../server/src/runtime/limits/limits.ts';

/** The default limits, with the given ones in place of theirs. */
export function limitsWith(own: Partial<Limits> = {}): Limits {
  const defaults = Object.fromEntries(Object.entries(limitTable).map(([name, limit]) => [name, limit.default]));
  return { ...(defaults as Record<LimitName, number>), ...own };
}
