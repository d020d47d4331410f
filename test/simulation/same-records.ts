import { isDeepStrictEqual } from 'node:util';
import type { OrgState } from '@rollcall/protocol';
import type { Projection } from './simulated-log.ts';

/**
 * Pairs that were found equal before. Records are immutable, so most of a replica is compared by
 * identity.
 */
const equals = new WeakMap<object, object>();

export function isSameRecord(a: object, b: object): boolean {
  if (equals.get(a) === b) return true;
  const isEqual = isDeepStrictEqual(a, b);
  if (isEqual) equals.set(a, b);
  return isEqual;
}

/** The difference between a replica and its expected records. Null if there is none. */
export function differenceOf(replica: OrgState, { records }: NonNullable<Projection>): string | null {
  let found = 0;
  for (const { kind, record } of replica.all()) {
    const expected = records.get(`${kind}/${record.id}`);
    if (!expected) return `it has ${kind}/${record.id}, which must not be visible`;
    if (!isSameRecord(record, expected)) return `its ${kind}/${record.id} is ${JSON.stringify(record)}, not ${JSON.stringify(expected)}`;
    found++;
  }
  if (found === records.size) return null;
  const missing = [...records.keys()].filter((key) => !replica.get(key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)));
  return `it lacks ${missing.join(', ')}`;
}

export function isSameProjection(a: Projection, b: Projection): boolean {
  if (a === b) return true;
  if (!a || !b || a.records.size !== b.records.size) return false;
  for (const [key, record] of a.records) {
    const other = b.records.get(key);
    if (!other || (other !== record && !isSameRecord(record, other))) return false;
  }
  return true;
}
