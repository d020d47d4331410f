import { isId, OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import { type FieldErrors, invalidFields } from '../../domain/field-errors.ts';
import { isErasedAddress } from '../../runtime/text/erased-address.ts';
import { findNameFault, hasAtSign } from '../../runtime/text/name-text.ts';
import { findUnstorable, isStorable } from '../../runtime/text/storable-text.ts';
import { isStorableTime } from '../../runtime/text/storable-time.ts';

/**
 * Field schemas that accept and refuse the same values as Sentry's serializers, with the same
 * messages (REST contract 1, 16). Each schema reports its own absence. Optional keys need
 * `.optional()`.
 */

export const messages = {
  required: 'This field is required.',
  null: 'This field may not be null.',
  blank: 'This field may not be blank.',
  notString: 'Not a valid string.',
  unknownKey: 'This field is unknown.',
  notBoolean: 'Must be a valid boolean.',
  notInteger: 'A valid integer is required.',
  notEmail: 'Enter a valid email address.',
  tooLong: (max: number) => `Ensure this field has no more than ${max} characters.`,
  notChoice: (value: unknown) => `"${typeof value === 'string' ? value : JSON.stringify(value)}" is not a valid choice.`,
  unstorable: (character: string) =>
    character === '\u0000'
      ? 'Null characters are not allowed.'
      : `Surrogate characters are not allowed: U+${character.charCodeAt(0).toString(16).toUpperCase()}.`,
  notList: (value: unknown) => `Expected a list of items but got type "${typeNameOf(value)}".`,
};

/** Returns the names of Python's types, because clients show these texts. */
function typeNameOf(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as string] ?? 'str';
}

export type Refuse = (message: string) => typeof z.NEVER;

/**
 * The JSON Schema of the values that a field accepts, for the API's description. It cannot be
 * derived from `parse`, which is a function.
 */
export type FieldDescription = z.core.JSONSchema.BaseSchema;

/** Characters of the longest text of a field, unless its description allows more. */
const textLengthMax = 64 * 1024;

/**
 * A field with a custom form. Absent and null values are refused before `parse` is called, and so
 * are longer texts than `lengthMax`, because other checks take long for megabytes.
 */
export function field<T>(
  description: FieldDescription,
  parse: (value: NonNullable<unknown>, refuse: Refuse) => T,
  lengthMax = Math.max(description.maxLength ?? 0, textLengthMax),
): z.ZodType<T> {
  const parsed = z.unknown().transform((value, context): T => {
    const refuse: Refuse = (message) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (value === undefined) return refuse(messages.required);
    if (value === null) return refuse(messages.null);
    if (typeof value === 'string' && value.length > lengthMax) return refuse(messages.tooLong(description.maxLength ?? lengthMax));
    return parse(value, refuse);
  });
  return parsed.meta(description) as unknown as z.ZodType<T>;
}

const trueWords = new Set(['true', '1', 'yes', 'on']);
const falseWords = new Set(['false', '0', 'no', 'off']);

export function booleanField(): z.ZodType<boolean> {
  return field({ type: 'boolean' }, (value, refuse) => {
    const word = typeof value === 'object' ? '' : String(value).toLowerCase();
    if (trueWords.has(word)) return true;
    if (falseWords.has(word)) return false;
    return refuse(messages.notBoolean);
  });
}

/** Returns a trimmed string that PostgreSQL can store. */
function readString(value: unknown, max: number, refuse: Refuse): string {
  if (typeof value !== 'string' && typeof value !== 'number') return refuse(messages.notString);
  const text = String(value).trim();
  const unstorable = findUnstorable(text);
  if (unstorable !== null) return refuse(messages.unstorable(unstorable));
  return isLonger(text, max) ? refuse(messages.tooLong(max)) : text;
}

/** Whether a text has more characters. Counting those of megabytes takes a tenth of a second. */
function isLonger(text: string, max: number): boolean {
  // A character has at most two UTF-16 units.
  return text.length > max * 2 || (text.length > max && [...text].length > max);
}

function maxLengthOf(max: number): FieldDescription {
  return Number.isFinite(max) ? { maxLength: max } : {};
}

export function stringField({ max, allowBlank = false }: { max: number; allowBlank?: boolean }): z.ZodType<string> {
  return field({ type: 'string', ...(allowBlank ? {} : { minLength: 1 }), ...maxLengthOf(max) }, (value, refuse) => {
    const text = readString(value, max, refuse);
    return text === '' && !allowBlank ? refuse(messages.blank) : text;
  });
}

/** Characters of the longest text whose content is checked. The patterns are slow for megabytes. */
const checkedMax = 4_096;

/**
 * A name that other users read. Names that would have to be changed are refused: the stored name is
 * the one that was sent, except for spaces around it.
 */
export function nameField({ max, allowBlank = false }: { max: number; allowBlank?: boolean }): z.ZodType<string> {
  return field({ type: 'string', ...(allowBlank ? {} : { minLength: 1 }), ...maxLengthOf(max) }, (value, refuse) => {
    const text = readString(value, max, refuse);
    // An object has already been refused, and converting it to a string could throw.
    const sent = typeof value === 'object' ? '' : String(value);
    // It has been refused for its length.
    if (isLonger(sent.trim(), checkedMax)) return text;
    const fault = findNameFault(sent);
    if (fault !== null && isStorable(sent)) return refuse(fault);
    return text === '' && !allowBlank ? refuse(messages.blank) : text;
  });
}

/** The maximum characters of the name of a person. */
const personNameMax = 200;

/**
 * The name of a person. It contains no address, because a name is only a text: it identifies no
 * one, and must not look like the address of another person.
 */
export function personNameField(): z.ZodType<string> {
  const anyName = nameField({ max: personNameMax, allowBlank: true });
  return field({ type: 'string', maxLength: personNameMax }, (value, refuse) => {
    const { data, error } = anyName.safeParse(value);
    if (error) return refuse(error.issues[0]!.message);
    return hasAtSign(data) ? refuse('"@" is not allowed in the name of a person.') : data;
  });
}

/** A string as it was sent: an organization's slug may not need trimming (REST contract 5.3). */
export function rawStringField(): z.ZodType<string> {
  return field({ type: 'string', minLength: 1 }, (value, refuse) => {
    if (typeof value !== 'string' && typeof value !== 'number') return refuse(messages.notString);
    return String(value).trim() === '' ? refuse(messages.blank) : String(value);
  });
}

/** A password. It is not trimmed, and its length is counted as in NIST SP 800-63B. */
export function passwordField({ min, max }: { min: number; max: number }): z.ZodType<string> {
  return field({ type: 'string', format: 'password', minLength: min, maxLength: max }, (value, refuse) => {
    if (typeof value !== 'string') return refuse(messages.notString);
    if (isLonger(value, max)) return refuse(messages.tooLong(max));
    return [...value].length < min ? refuse(`Ensure this field has at least ${min} characters.`) : value;
  });
}

/** An id, which may also be a number. */
export function idField(): z.ZodType<string> {
  return field({ type: 'string', pattern: '^[0-9]{1,18}$' }, (value, refuse) => {
    return readId(value) ?? refuse(messages.notInteger);
  });
}

function readId(value: unknown): string | null {
  const id = typeof value === 'number' ? String(value) : value;
  return typeof id === 'string' && isId(id) ? id : null;
}

/** A list of ids, each of which may also be a number. */
export function idsField(itemsMax: number): z.ZodType<string[]> {
  return listField(itemsMax, { type: 'string' }, (value, refuse) => readId(value) ?? refuse(messages.notInteger));
}

const dateTimeSchema = z.iso.datetime({ offset: true }).refine((text) => isStorableTime(Date.parse(text)));

/**
 * A date and time in ISO 8601, with `Z` or an offset. It remains a string, because a JavaScript
 * `Date` would lose microseconds.
 */
export function dateTimeField(): z.ZodType<string> {
  return field({ type: 'string', format: 'date-time' }, (value, refuse) => {
    const parsed = dateTimeSchema.safeParse(value);
    return parsed.success ? parsed.data : refuse('Datetime has wrong format. Use ISO 8601, such as 2020-09-14T17:28:14Z.');
  });
}

const emailSchema = z.email();

/** A host name without a dot that every host has. Addresses at it are valid, as in Sentry. */
const localDomain = /@localhost$/i;

/** A value that is not a string has already been refused, and gets no second message. */
function isEmail(text: unknown): boolean {
  return typeof text !== 'string' || emailSchema.safeParse(text.replace(localDomain, '@localhost.localdomain')).success;
}

export function emailField(max = 75): z.ZodType<string> {
  return field({ type: 'string', format: 'email', maxLength: max }, (value, refuse) => {
    const text = readString(value, max, refuse);
    if (text === '') return refuse(messages.blank);
    return isEmail(text) && !isErasedAddress(text) ? text : refuse(messages.notEmail);
  });
}

export function integerField({ min = -Infinity, max = Infinity }: { min?: number; max?: number } = {}): z.ZodType<number> {
  const limits = { ...(Number.isFinite(min) && { minimum: min }), ...(Number.isFinite(max) && { maximum: max }) };
  return field({ type: 'integer', ...limits }, (value, refuse) => {
    const number = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value.trim()) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) return refuse(messages.notInteger);
    if (number < min) return refuse(`Ensure this value is greater than or equal to ${min}.`);
    return number > max ? refuse(`Ensure this value is less than or equal to ${max}.`) : number;
  });
}

export function choiceField<T extends string>(choices: readonly T[]): z.ZodType<T> {
  return field(
    { type: 'string', enum: [...choices] },
    (value, refuse) => choices.find((choice) => choice === value) ?? refuse(messages.notChoice(value)),
  );
}

/** A list whose items are parsed by `parseItem`. An error of an item refuses the whole field. */
export function listField<T>(itemsMax: number, items: FieldDescription, parseItem: (item: unknown, refuse: Refuse) => T): z.ZodType<T[]> {
  return field({ type: 'array', items, maxItems: itemsMax }, (value, refuse) => {
    if (!Array.isArray(value)) return refuse(messages.notList(value));
    if (value.length > itemsMax) return refuse(`Ensure this field has no more than ${itemsMax} elements.`);
    // A message is reported once, so thousands of equal issues would only cost time.
    const reported = new Set<string>();
    const refuseOnce: Refuse = (message) => {
      if (reported.has(message)) return z.NEVER;
      reported.add(message);
      return refuse(message);
    };
    return value.map((item) => parseItem(item, refuseOnce));
  });
}

/** An object, whose keys `parse` checks. */
export function dictionaryField<T>(
  description: FieldDescription,
  parse: (given: Readonly<Record<string, unknown>>, refuse: Refuse) => T,
): z.ZodType<T> {
  return field({ type: 'object', ...description }, (value, refuse) => {
    if (typeof value !== 'object' || Array.isArray(value))
      return refuse(`Expected a dictionary of items but got type "${typeNameOf(value)}".`);
    return parse(value as Readonly<Record<string, unknown>>, refuse);
  });
}

/** Makes a field accept null. */
export function nullable<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return z.union([z.null(), schema]) as unknown as z.ZodType<T | null>;
}

/**
 * Parses a body and ignores unknown keys (REST contract 1).
 * @throws OrgError `invalid` with every failing field and its messages
 */
export function parseBody<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, body: unknown): z.infer<z.ZodObject<Shape>> {
  const { fields, malformed } = parseFields(schema, body);
  if (Object.keys(malformed).length > 0) throw invalidFields(malformed);
  return fields as z.infer<z.ZodObject<Shape>>;
}

/**
 * Parses each field separately. Commands report these errors together with those that depend on the
 * state, and only to callers who may write (REST contract 6.3). Fields that are wrong or absent are
 * omitted.
 * @throws OrgError `invalid` when the body is not an object
 */
export function parseFields<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  body: unknown,
): { fields: Partial<z.infer<z.ZodObject<Shape>>>; malformed: FieldErrors } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const message = `Invalid data. Expected a dictionary, but got ${typeNameOf(body)}.`;
    throw new OrgError('invalid', message, { body: { non_field_errors: [message] } });
  }
  const fields: Record<string, unknown> = {};
  const malformed: Record<string, readonly string[]> = {};
  for (const [key, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    const parsed = field.safeParse(Object.hasOwn(body, key) ? (body as Record<string, unknown>)[key] : undefined);
    if (!parsed.success) malformed[key] = [...new Set(parsed.error.issues.map(messageOf))];
    else if (parsed.data !== undefined) fields[key] = parsed.data;
  }
  return { fields: fields as Partial<z.infer<z.ZodObject<Shape>>>, malformed };
}

/**
 * Refuses keys that the schema does not have. Used where a misspelt key must not be ignored: for
 * the operator API, and for the rules of single sign-on.
 * @throws OrgError `invalid` naming each key
 */
export function assertKnownKeys(schema: z.ZodObject, body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
  const errors = unknownKeys(schema, body);
  if (Object.keys(errors).length > 0) throw invalidFields(errors);
}

/** An error for each key that the schema doesn't have. */
export function unknownKeys({ shape }: z.ZodObject, given: object): FieldErrors {
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(shape, key));
  return Object.fromEntries(unknown.map((key) => [key, [messages.unknownKey]]));
}

/** A union (a nullable field) contains the messages of its branches. */
export function messageOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code === 'custom') : undefined;
  return (inner ?? issue).message;
}
