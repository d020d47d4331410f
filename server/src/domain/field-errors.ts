import { OrgError } from '@rollcall/protocol';

/** The errors in a body by field: `{"field": ["text", …]}` (REST contract 1.1). */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

export function invalidFields(errors: FieldErrors): OrgError {
  return new OrgError('invalid', Object.values(errors).flat()[0] ?? 'Invalid input.', { body: errors });
}

/**
 * Refuses with all errors at once: those in the form of the body, and those that depend on the
 * state.
 * @throws OrgError `invalid`
 */
export function refuseInvalidFields(...found: readonly FieldErrors[]): void {
  const errors: Record<string, readonly string[]> = {};
  for (const [field, texts] of found.flatMap((one) => Object.entries(one))) errors[field] = [...(errors[field] ?? []), ...texts];
  if (Object.keys(errors).length > 0) throw invalidFields(errors);
}
