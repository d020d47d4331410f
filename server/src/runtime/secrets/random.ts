import { randomBytes, randomInt } from 'node:crypto';

const base36 = '0123456789abcdefghijklmnopqrstuvwxyz';

function randomBase36(length: number): string {
  return Array.from({ length }, () => base36[randomInt(36)]).join('');
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function randomBase32(length: number): string {
  return Array.from({ length }, () => base32[randomInt(32)]).join('');
}

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Random suffixes for a generated slug, shortest first (REST contract 5.3). */
export function randomSlugSuffixes(): string[] {
  return [2, 3, 5, 12].map(randomBase36);
}
