import type { FieldErrors } from './field-errors.ts';

/** What a slug of a team or project may look like, and how one is made from a name (REST contract 8.1, 9.3). */

const slugPattern = /^(?![0-9]+$)[a-z0-9_-]+$/;
export const slugLengthMax = 50;
/** A generated slug is cut here; an explicit one never is (REST contract 17.14). */
export const generatedSlugLengthMax = 30;

/** Whether a given slug has the form of one; its length is the edge's to judge. */
export function slugErrors(slug: string | null | undefined): FieldErrors {
  if (slug == null || slugPattern.test(slug)) return {};
  return {
    slug: ['Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.'],
  };
}

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

/** The slug that a name has in an import: the same for the same name always, so it is never lengthened. */
export function nameSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, slugLengthMax);
}

/**
 * What a generated slug may be, best first: as wanted, then lengthened. An all-digit slug would be taken for an id.
 * @param suffixes random base-36 texts, handed in since choosing is pure (REST contract 5.3: 2, then 3, 5, 12 characters)
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
