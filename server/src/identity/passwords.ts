import { hash, type Options, verify } from '@node-rs/argon2';

/**
 * The OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes and one lane. Argon2id
 * is the library's default algorithm.
 */
const argon2id: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * NIST SP 800-63B requires support for at least 64 characters. The bound keeps a long body from
 * making a hash expensive.
 */
export const passwordLengthMax = 256;

export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}
