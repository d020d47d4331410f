import { OrgError } from '@rollcall/client';
import { explain } from './commands.tsx';

/** By the name of the field, or `form` for what is about all of it. */
export type FormErrors = Readonly<Record<string, string>>;

/** What the server said against single fields: `{"slug": ["…"]}`. Empty where it refused the whole. */
export function fieldErrorsOf(error: unknown): FormErrors {
  const body = error instanceof OrgError ? error.body : null;
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([field, value]) => {
      const message = Array.isArray(value) ? value[0] : value;
      return field !== 'detail' && typeof message === 'string' ? [[field, message]] : [];
    }),
  );
}

/** The same, and what was said against the whole under `form`. Nothing for what is no refusal: a password that was not given, say. */
export function formErrorsOf(error: unknown): FormErrors {
  if (!(error instanceof OrgError) || error.code === 'aborted') return {};
  const { non_field_errors: whole, ...byField } = fieldErrorsOf(error);
  return Object.keys(byField).length > 0 ? byField : { form: whole ?? explain(error) };
}
