/** Half of a surrogate pair: JavaScript has strings with it, UTF-8 has not, and PostgreSQL refuses it in JSON. */
const surrogate = /\p{Surrogate}/u;
const nul = '\u0000';

/** The character that keeps a text from being stored or looked for, or null. */
export function findUnstorable(text: string): string | null {
  if (text.includes(nul)) return nul;
  return surrogate.exec(text)?.[0] ?? null;
}

export function isStorable(text: string): boolean {
  return findUnstorable(text) === null;
}
