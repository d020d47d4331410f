/** The number of letters that may be wrong, missing, extra or swapped. */
const editsMax = 2;
/**
 * The shortest name that is checked. Environments contain shorter variables with similar names:
 * HOME is not a misspelt HOST.
 */
const nameLengthMin = 6;
/** Prefixes that no other program's variables have. */
const ownPrefixes = /^(ROLLCALL|RATE_LIMIT|LIMIT)_/;

/**
 * Returns a line for each variable that looks like a misspelt setting. It would otherwise have no
 * effect, without any notice.
 */
export function findUnknownSettings(given: readonly string[], known: readonly string[]): string[] {
  return given.flatMap((name) => {
    if (known.includes(name)) return [];
    const upperCase = name.toUpperCase();
    const [nearest] = known
      // Each letter of the difference in length is an edit. Counting the edits of all pairs would
      // take 20 ms of the start with 60 variables.
      .filter((other) => Math.abs(upperCase.length - other.length) <= editsMax && Math.min(name.length, other.length) >= nameLengthMin)
      .map((other) => ({ other, edits: countEdits(upperCase, other) }))
      .filter(({ edits }) => edits <= editsMax)
      .toSorted((a, b) => a.edits - b.edits);
    if (nearest) return [`${name} is not a setting and has no effect. Did you mean ${nearest.other}?`];
    return ownPrefixes.test(name)
      ? [`${name} is not a setting and has no effect. docs/operating/configuration.md lists all settings.`]
      : [];
  });
}

/** The Levenshtein distance. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length]!;
}
