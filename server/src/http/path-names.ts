import { notFound } from '../domain/authorize.ts';
import { isStorable } from '../runtime/storable-text.ts';

/**
 * Refuses paths with characters that PostgreSQL cannot even be asked for: nothing has such a name.
 * @throws OrgError `not-found`
 */
export function assertStorableNames(params: Readonly<Record<string, string | string[] | undefined>>): void {
  const names = Object.values(params).flat();
  if (names.some((name) => name !== undefined && !isStorable(name))) throw notFound();
}
