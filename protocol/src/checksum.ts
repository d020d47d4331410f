import { canonicalJson } from './json.ts';
import type { OrgRecord } from './records.ts';

/** A count and an additive checksum over a set of records: equal sets give equal sums in any order (rule F3). */
export interface Checksum {
  readonly count: number;
  readonly sum: number;
}

export const emptyChecksum: Checksum = { count: 0, sum: 0 };

/** CRC-32 as in zlib: reflected polynomial 0xEDB88320. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

const encoder = new TextEncoder();

export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of encoder.encode(text)) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

export function checksumOfRecord(kind: string, record: OrgRecord): number {
  return crc32(canonicalJson([kind, record.id, record]));
}

const modulus = 2 ** 53;

/** Adds modulo 2^53 without ever leaving the range in which doubles are exact. */
function addModulo(a: number, b: number): number {
  return a >= modulus - b ? a - (modulus - b) : a + b;
}

export function addToChecksum(checksum: Checksum, kind: string, record: OrgRecord): Checksum {
  return { count: checksum.count + 1, sum: addModulo(checksum.sum, checksumOfRecord(kind, record)) };
}

export function subtractFromChecksum(checksum: Checksum, kind: string, record: OrgRecord): Checksum {
  const crc = checksumOfRecord(kind, record);
  return { count: checksum.count - 1, sum: checksum.sum >= crc ? checksum.sum - crc : modulus - (crc - checksum.sum) };
}
