import type { FieldErrors } from '../field-errors.ts';
import { slugErrors } from '../slugs.ts';
import { isPlatform } from './platforms.ts';

/**
 * Paths and pages that the service uses itself, so neither a project's name nor its slug may be one
 * of them (REST contract, appendix A).
 */
export const reservedProjectNames: ReadonlySet<string> = new Set(
  (
    '$all api-keys audit-log auth members projects rate-limits repos settings teams billing payments legal subscription support ' +
    'integrations developer-settings usage'
  ).split(' '),
);

export function reservedNameErrors(name: string): FieldErrors {
  return reservedProjectNames.has(name) ? { name: [`The name "${name}" is reserved and not allowed.`] } : {};
}

/** Errors for a malformed slug or a reserved one (REST contract 9.3, 9.4). */
export function projectSlugErrors(slug: string | null | undefined): FieldErrors {
  if (slug != null && reservedProjectNames.has(slug)) return { slug: [`The slug "${slug}" is reserved and not allowed.`] };
  return slugErrors(slug);
}

export function platformErrors(platform: string | null | undefined): FieldErrors {
  return platform == null || isPlatform(platform) ? {} : { platform: ['Invalid platform'] };
}
