import { hash, type Options, verify } from '@node-rs/argon2';

/** OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane. The library's default algorithm is Argon2id. */
const argon2id: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** NIST SP 800-63B asks for at least 8 and for at least 64 to be taken. The upper bound keeps a body from costing a long hash. */
export const passwordLengthMin = 8;
export const passwordLengthMax = 256;

export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}
