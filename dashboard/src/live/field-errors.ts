import { OrgError } from '@rollcall/client';

/** What the server said against single fields: `{"slug": ["…"]}`. Empty where it refused the whole. */
export function fieldErrorsOf(error: unknown): Readonly<Record<string, string>> {
  const body = error instanceof OrgError ? error.body : null;
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([field, value]) => {
      const message = Array.isArray(value) ? value[0] : value;
      return field !== 'detail' && typeof message === 'string' ? [[field, message]] : [];
    }),
  );
}
