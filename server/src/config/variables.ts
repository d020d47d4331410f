import * as z from 'zod';

/** Schemas of environment variables. A blank variable counts as absent. */

const blankAsAbsent = (value: unknown) => (typeof value === 'string' && value.trim() === '' ? undefined : value);

export const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankAsAbsent, schema.optional());

export const withDefault = <T extends z.ZodType>(schema: T, fallback: z.input<T>) =>
  z.preprocess((value) => blankAsAbsent(value) ?? fallback, schema);

export const urlOf = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );

export function wholeNumber({ min = 1, max }: { readonly min?: number; readonly max: number }, noun = 'a whole number') {
  const range = `must be ${noun} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, range)
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range));
}

/** A list with spaces or commas between its items. */
export const words = z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean));

/**
 * Returns scheme and host in lower case, without the default port, because it is compared with the
 * origins of browsers.
 */
export function normalizeBaseUrl(text: string): string {
  return new URL(text).origin;
}

/** Whether a URL has no path, query or user. */
export function isBare(text: string): boolean {
  // An invalid URL has its own message.
  if (!URL.canParse(text)) return true;
  const { pathname, search, hash, username, password } = new URL(text);
  return /^\/*$/.test(pathname) && `${search}${hash}${username}${password}` === '';
}
