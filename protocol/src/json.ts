/**
 * The values in records. Numbers are integers, so that their canonical text is the same in every
 * language.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Canonical JSON as RFC 8785 defines it: keys sorted by UTF-16 code units, no spaces. Members that
 * are `undefined` are left out, as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  // JSON.stringify takes a third of the time, and keeps the order of the keys.
  if (hasSortedKeys(value)) return JSON.stringify(value) ?? 'null';
  // Append instead of joining: each level that joins copies everything below it, and a record may
  // contain a text of 60 KB.
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '[' : ','}${canonicalJson(item)}`;
    return text === '' ? '[]' : `${text}]`;
  }
  for (const key of Object.keys(value as object).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** Whether all objects in a JSON value have their keys in canonical order. */
function hasSortedKeys(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(hasSortedKeys);
  let previous = '';
  for (const key in value) {
    if (key < previous || !hasSortedKeys((value as Record<string, unknown>)[key])) return false;
    previous = key;
  }
  return true;
}

/** Whether two JSON values are equal. The order of keys doesn't matter. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
