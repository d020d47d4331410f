/** What a slug may look like, and how one is made from a name (spec: 5.3, 8.1, 9.3). */

export const teamSlugPattern = /^(?![0-9]+$)[a-z0-9_-]+$/;
export const slugLengthMax = 50;
export const projectSlugLengthMax = 100;
/** A generated slug is cut here; an explicit one never is (spec: 17.14). */
export const generatedSlugLengthMax = 30;

/** Lower case, accents dropped, runs of anything but letters, digits, `_` and `-` become one hyphen, ends trimmed. */
export function slugify(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '');
}

/**
 * What a generated slug may be, best first: as wanted, then lengthened. An all-digit slug would be taken for an id.
 * @param suffixes random base-36 texts, handed in since choosing is pure (spec: 2, then 3, 5, 12 characters)
 */
export function slugCandidates(wanted: string, suffixes: readonly string[]): string[] {
  const lengthened = suffixes.map((suffix) => (wanted ? `${wanted}-${suffix}` : suffix));
  return [wanted, ...lengthened].filter((slug) => !/^[0-9]*$/.test(slug));
}

/** The first candidate that is free. The last one is taken by chance only, and then the unique constraint has the last word. */
export function chooseFreeSlug(wanted: string, isTaken: (slug: string) => boolean, suffixes: readonly string[]): string {
  const candidates = slugCandidates(wanted, suffixes);
  return candidates.find((slug) => !isTaken(slug)) ?? candidates.at(-1)!;
}
