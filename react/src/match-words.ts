/** Folds a text for comparison: lower case, without accents. */
export function foldText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/**
 * Tests whether a folded text contains each word of `query`, in any order. Ignores `#` before a
 * word.
 */
export function wordsTest(query: string): (foldedText: string) => boolean {
  const words = foldText(query)
    .split(/\s+/)
    .map((word) => word.replace(/^#/, ''))
    .filter((word) => word !== '');
  return (text) => words.every((word) => text.includes(word));
}
