import { OrgError } from '@rollcall/client';
import { explain, friendlyText } from './explain.ts';

/** Error messages by field, or under `form` if they concern the whole form. */
export type FormErrors = Readonly<Record<string, string>>;

/**
 * The server's messages about single fields, such as `{"slug": ["…"]}`. Empty if it rejected the
 * whole request.
 */
export function fieldErrorsOf(error: unknown): FormErrors {
  const body = error instanceof OrgError ? error.body : null;
  if (body === null || typeof body !== 'object' || Array.isArray(body) || 'detail' in body) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([field, value]) => {
      const message = Array.isArray(value) ? value[0] : value;
      return typeof message === 'string' ? [[field, friendlyText(message)]] : [];
    }),
  );
}

/**
 * All error messages for a form. Empty if the user canceled, for example at the password dialog. A
 * form that doesn't show every error by its key must call `shownBy`.
 */
export function formErrorsOf(error: unknown): FormErrors {
  if (!(error instanceof OrgError) || error.code === 'aborted') return {};
  const { non_field_errors: whole, ...byField } = fieldErrorsOf(error);
  if (whole === undefined && Object.keys(byField).length > 0) return byField;
  return { ...byField, form: whole ?? explain(error) };
}

/**
 * The errors as a form with these fields shows them. Errors of all other fields are under `form`,
 * so that none is lost.
 */
export function shownBy(fields: readonly string[], errors: FormErrors): FormErrors {
  const own = Object.entries(errors).filter(([key]) => fields.includes(key));
  const others = Object.entries(errors).filter(([key]) => !fields.includes(key));
  return { ...Object.fromEntries(own), ...(others.length > 0 && { form: others.map(([, text]) => text).join(' ') }) };
}
