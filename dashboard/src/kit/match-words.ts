/** Text as searches compare it: lower case, without accents. */
export function foldText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Tests whether a folded text contains every word of `query`, in any order. A `#` before a word is ignored. */
export function wordsTest(query: string): (foldedText: string) => boolean {
  const words = foldText(query)
    .split(/\s+/)
    .map((word) => word.replace(/^#/, ''))
    .filter((word) => word !== '');
  return (text) => words.every((word) => text.includes(word));
}
