/**
 * Reads one preference from a `Prefer` header (RFC 7240): its value without quotes, which is empty
 * if it has none. Null if the header does not contain it. If it occurs more than once, the first
 * one counts.
 */
export function readPreference(header: string | undefined, name: string): string | null {
  if (header === undefined) return null;
  for (const preference of splitUnquoted(header, ',')) {
    const [token = ''] = splitUnquoted(preference, ';');
    const [found = '', ...value] = token.split('=');
    if (found.trim().toLowerCase() === name) return unquoted(value.join('=').trim());
  }
  return null;
}

/** Splits at a separator, except within quoted strings. */
function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isQuoted && character === '\\') index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unquoted(value: string): string {
  const [, quoted] = /^"(.*)"$/s.exec(value) ?? [];
  return quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, '$1');
}
