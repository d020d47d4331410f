import { apiLimits } from '@rollcall/protocol';
import type { FieldErrors } from './field-errors.ts';

/** The form of team and project slugs, and their generation from names (REST contract 8.1, 9.3). */

const slugPattern = /^(?![0-9]+$)[a-z0-9_-]+$/;

/** Checks the form of a given slug. The HTTP layer checks its length. */
export function slugErrors(slug: string | null | undefined): FieldErrors {
  if (slug == null || slugPattern.test(slug)) return {};
  return {
    slug: ['Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It cannot be entirely numeric.'],
  };
}

/**
 * Converts to lower case, drops accents, replaces each run of anything but letters, digits, `_` and
 * `-` by one hyphen, and trims both ends.
 */
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
 * The slug for a name in an import. The same name always has the same slug, so it is never
 * lengthened.
 */
export function nameSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, apiLimits.slugLengthMax);
}

/**
 * The candidates for a generated slug, best first: as wanted, then lengthened. All-digit slugs are
 * left out, because they would be read as ids.
 * @param suffixes random base-36 texts, passed in because this function is pure (REST contract 5.3:
 * 2, then 3, 5, 12 characters)
 */
export function slugCandidates(wanted: string, suffixes: readonly string[]): string[] {
  const lengthened = suffixes.map((suffix) => (wanted ? `${wanted}-${suffix}` : suffix));
  return [wanted, ...lengthened].filter((slug) => !/^[0-9]*$/.test(slug));
}

/**
 * The first free candidate, or else the last one. The last one is in use only by chance, and then
 * the unique constraint refuses it.
 */
export function chooseFreeSlug(wanted: string, isTaken: (slug: string) => boolean, suffixes: readonly string[]): string {
  const candidates = slugCandidates(wanted, suffixes);
  return candidates.find((slug) => !isTaken(slug)) ?? candidates.at(-1)!;
}
