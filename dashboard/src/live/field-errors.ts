import { OrgError } from '@rollcall/client';

/** What the server said against each field: `{ slug: 'Is taken' }`. Empty where it refused the whole. */
export function fieldErrorsOf(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof OrgError) || typeof error.body !== 'object' || error.body === null) return {};
  return Object.fromEntries(
    Object.entries(error.body).flatMap(([field, said]) => (Array.isArray(said) && said.length > 0 ? [[field, said.join(' ')]] : [])),
  );
}
