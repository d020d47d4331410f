import { OrgError } from '@rollcall/client';
import { explain } from './commands.tsx';

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

/** The same for a form, and under `form` what was said against the whole of it. */
export type FormErrors = Readonly<Record<string, string>>;

/** Nothing for what is no refusal: a password that was not given, say. */
export function formErrorsOf(error: unknown): FormErrors {
  if (!(error instanceof OrgError) || error.code === 'aborted') return {};
  const { non_field_errors: whole, ...fields } = fieldErrorsOf(error);
  return Object.keys(fields).length > 0 ? fields : { form: whole ?? explain(error) };
}
