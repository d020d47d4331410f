import { generatedSlugLengthMax, slugify, slugLengthMax } from '../slugs.ts';
import { reservedOrgSlugs } from './reserved-org-slugs.ts';

/** Slugs of organizations (REST contract 5.3). Unlike a team's they are host names too, so there is no underscore. */

const pattern = /^(?![0-9]+$)[a-zA-Z0-9][a-zA-Z0-9-]*(?<!-)$/;
const lengthMin = 3;

/** The first thing wrong with a slug as it was sent, or null. `isTaken` is asked with what is otherwise in order. */
export function orgSlugProblem(raw: string, isTaken: (slug: string) => boolean): string | null {
  const slug = raw.trim();
  if (!pattern.test(slug)) {
    return 'Enter a valid slug consisting of letters, numbers, or hyphens. It cannot be entirely numeric or start/end with a hyphen.';
  }
  if (slug.length < lengthMin) return `This slug "${slug}" is too short. Minimum of ${lengthMin} characters.`;
  if (slug.length > slugLengthMax) return `Ensure this field has no more than ${slugLengthMax} characters.`;
  if (slug !== slug.toLowerCase()) return `This slug "${slug}" should not contain uppercase symbols.`;
  if (reservedOrgSlugs.has(slug)) return `This slug "${slug}" is reserved and not allowed.`;
  if (isTaken(slug)) return `The slug "${slug}" is already in use.`;
  // The pattern saw it trimmed; what was sent must not have needed that.
  return slug === raw ? null : `The slug "${slug}" should not contain any whitespace.`;
}

/**
 * What an organization's name makes of itself, before it is known whether that is free.
 * @param fallback 12 random hexadecimal digits, for a name that leaves nothing or a reserved word
 */
export function wantedOrgSlug(name: string, fallback: string): string {
  const slug = slugify(name.replaceAll('_', '-')).slice(0, generatedSlugLengthMax).replace(/-+$/, '');
  return slug === '' || reservedOrgSlugs.has(slug) ? fallback : slug;
}
