import { OrgError } from '@rollcall/client';
import { explain } from './commands.tsx';

/** What the server said against each field, `{ slug: 'Is taken' }`, and against the whole, under `form`. */
export type FormErrors = Readonly<Record<string, string>>;

/** Nothing for what is no refusal: a password that was not given, say. */
export function formErrorsOf(error: unknown): FormErrors {
  if (!(error instanceof OrgError) || error.code === 'aborted') return {};
  const body = typeof error.body === 'object' && error.body !== null ? error.body : {};
  const fields = Object.entries(body).filter(
    (entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].length > 0 && entry[0] !== 'non_field_errors',
  );
  if (fields.length === 0) return { form: explain(error) };
  return Object.fromEntries(fields.map(([field, said]) => [field, said.join(' ')]));
}
