import { canonicalJson } from './json.ts';
import type { OrgRecord } from './records.ts';

/**
 * The size and the additive checksum of a set of records. Equal sets have equal sums in any order
 * (rule F3).
 */
export interface Checksum {
  readonly count: number;
  readonly sum: number;
}

export const emptyChecksum: Checksum = { count: 0, sum: 0 };

/**
 * CRC-32 as in zlib, with the reflected polynomial 0xEDB88320. The first table is for one byte, the
 * others for a byte followed by one, two and three zeros. Four bytes per iteration take a third of
 * the time, and a page in use checks large snapshots.
 */
const crcTables = [Int32Array.from({ length: 256 }, (_, byte) => crcOfByte(byte))];
while (crcTables.length < 4) crcTables.push(crcTables.at(-1)!.map((crc) => (crc >>> 8) ^ crcTables[0]![crc & 0xff]!));
const [table0, table1, table2, table3] = crcTables as [Int32Array, Int32Array, Int32Array, Int32Array];

function crcOfByte(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
}

const encoder = new TextEncoder();
/** The bytes of a short text. Most records are short, and need no memory of their own then. */
const shortBytes = new Uint8Array(4_096);
/** The most bytes that one UTF-16 code unit can take in UTF-8. */
const bytesPerCodeUnitMax = 3;

export function crc32(text: string): number {
  const isShort = text.length * bytesPerCodeUnitMax <= shortBytes.length;
  const bytes = isShort ? shortBytes : encoder.encode(text);
  const length = isShort ? encoder.encodeInto(text, shortBytes).written : bytes.length;
  const wholeTurns = length - (length % 4);
  let crc = -1;
  for (let at = 0; at < wholeTurns; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = table3[crc & 0xff]! ^ table2[(crc >>> 8) & 0xff]! ^ table1[(crc >>> 16) & 0xff]! ^ table0[crc >>> 24]!;
  }
  for (let at = wholeTurns; at < length; at++) crc = (crc >>> 8) ^ table0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

export function checksumOfRecord(kind: string, record: OrgRecord): number {
  return checksumOfText(kind, record.id, canonicalJson(record));
}

/** @param text the record as canonical JSON */
export function checksumOfText(kind: string, id: string, text: string): number {
  return crc32(`[${JSON.stringify(kind)},${JSON.stringify(id)},${text}]`);
}

const modulus = 2 ** 53;

/** Adds modulo 2^53. Every intermediate value is an exact double. */
function addModulo(a: number, b: number): number {
  return a >= modulus - b ? a - (modulus - b) : a + b;
}

/** @param crc the record's checksum, if known */
export function addToChecksum(checksum: Checksum, kind: string, record: OrgRecord, crc = checksumOfRecord(kind, record)): Checksum {
  return { count: checksum.count + 1, sum: addModulo(checksum.sum, crc) };
}

/** @param crc the record's checksum, if known */
export function subtractFromChecksum(checksum: Checksum, kind: string, record: OrgRecord, crc = checksumOfRecord(kind, record)): Checksum {
  return { count: checksum.count - 1, sum: checksum.sum >= crc ? checksum.sum - crc : modulus - (crc - checksum.sum) };
}
