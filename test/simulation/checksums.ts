import { type Checksum, checksumOfRecord, type OrgRecord } from '@rollcall/protocol';
import type { Projection } from './simulated-log.ts';

const sums = new WeakMap<object, number>();

/** The checksum of a replica on an honest server (rule F3), computed in the simplest way. */
export function checksumOf({ records }: NonNullable<Projection>): Checksum {
  let sum = 0n;
  for (const [key, record] of records) {
    const known = sums.get(record) ?? checksumOfRecord(key.slice(0, key.indexOf('/')), record as OrgRecord);
    sums.set(record, known);
    sum += BigInt(known);
  }
  return { count: records.size, sum: Number(sum % 2n ** 53n) };
}
