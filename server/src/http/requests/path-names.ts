import { notFound } from '../../domain/authorize.ts';
import { isStorable } from '../../runtime/text/storable-text.ts';

/**
 * Refuses paths with characters that PostgreSQL does not accept even in a query: no name contains
 * them.
 * @throws OrgError `not-found`
 */
export function assertStorableNames(params: Readonly<Record<string, string | string[] | undefined>>): void {
  const names = Object.values(params).flat();
  if (names.some((name) => name !== undefined && !isStorable(name))) throw notFound();
}
