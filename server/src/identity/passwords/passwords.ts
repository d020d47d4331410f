import { hash, verify } from '@node-rs/argon2';
import { defaultPasswordCost, type PasswordCost } from './password-cost.ts';

/**
 * NIST SP 800-63B requires support for at least 64 characters. The bound keeps a long body from
 * making a hash expensive.
 */
export const passwordLengthMax = 256;

/** Hashes with one lane. Argon2id is the library's default algorithm. */
export function hashPassword(password: string, { memoryKib, passes }: PasswordCost = defaultPasswordCost): Promise<string> {
  return hash(password, { memoryCost: memoryKib, timeCost: passes, parallelism: 1 });
}

/** Whether the hash took less work, memory times passes, than this cost. */
export function isCheaperThan({ memoryKib, passes }: PasswordCost, passwordHash: string): boolean {
  const [, memory, time] = /\$m=(\d+),t=(\d+),/.exec(passwordHash) ?? [];
  return memory !== undefined && Number(memory) * Number(time) < memoryKib * passes;
}

/** The hash contains the cost with which it was made. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}
