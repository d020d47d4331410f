import { apiLimits } from '@rollcall/protocol';
import { slugify } from '../slugs.ts';
import { reservedOrgSlugs } from './reserved-org-slugs.ts';

/**
 * Slugs of organizations (REST contract 5.3). Unlike slugs of teams, they are also host names, so
 * they have no underscore.
 */

const pattern = /^(?![0-9]+$)[a-zA-Z0-9][a-zA-Z0-9-]*(?<!-)$/;
const lengthMin = 3;

/**
 * The first problem of a slug as it was sent, or null. `isTaken` is called only for a slug without
 * other problems.
 */
export function orgSlugProblem(raw: string, isTaken: (slug: string) => boolean): string | null {
  const slug = raw.trim();
  if (!pattern.test(slug)) {
    return 'Enter a valid slug consisting of letters, numbers, or hyphens. It cannot be entirely numeric or start/end with a hyphen.';
  }
  if (slug.length < lengthMin) return `This slug "${slug}" is too short. Minimum of ${lengthMin} characters.`;
  if (slug.length > apiLimits.slugLengthMax) return `Ensure this field has no more than ${apiLimits.slugLengthMax} characters.`;
  if (slug !== slug.toLowerCase()) return `This slug "${slug}" should not contain uppercase symbols.`;
  if (reservedOrgSlugs.has(slug)) return `This slug "${slug}" is reserved and not allowed.`;
  if (isTaken(slug)) return `The slug "${slug}" is already in use.`;
  // The pattern was checked on the trimmed slug, but the slug must be sent without whitespace.
  return slug === raw ? null : `The slug "${slug}" should not contain any whitespace.`;
}

/**
 * The slug for an organization's name, before the check whether it is free.
 * @param fallback 12 random hexadecimal digits, for a name that leaves nothing or a reserved word
 */
export function wantedOrgSlug(name: string, fallback: string): string {
  const slug = slugify(name.replaceAll('_', '-')).slice(0, apiLimits.generatedSlugLengthMax).replace(/-+$/, '');
  return slug === '' || reservedOrgSlugs.has(slug) ? fallback : slug;
}
