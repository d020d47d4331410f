/**
 * Half of a surrogate pair. JavaScript strings can contain it, but UTF-8 cannot, and PostgreSQL
 * refuses it in JSON.
 */
const surrogate = /\p{Surrogate}/u;
const nul = '\u0000';

/** Returns the character that keeps a text from being stored or searched for, or null. */
export function findUnstorable(text: string): string | null {
  if (text.includes(nul)) return nul;
  return surrogate.exec(text)?.[0] ?? null;
}

export function isStorable(text: string): boolean {
  return findUnstorable(text) === null;
}
