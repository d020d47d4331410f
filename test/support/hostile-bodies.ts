import * as z from 'zod';

/** Bodies that a parser accepts, and that slow down careless code. The keys describe them. */
export type HostileBodies = Iterable<readonly [string, unknown]>;

/** Texts that expensive code repeats, folds, normalizes or backtracks over. */
const units: Readonly<Record<string, string>> = {
  letters: 'a',
  digits: '1',
  spaces: ' ',
  'line breaks': '\n',
  NUL: '\u0000',
  backslashes: '\\',
  quotes: '"',
  hyphens: '-',
  'words with hyphens': 'a-',
  'parts of a domain': 'a.',
  'an A-label': 'xn--a.',
  'an address': 'a@a.',
  'at signs': '@',
  'a URL': 'http://a/',
  'path segments': '../',
  'percent signs': '%41',
  tags: '<a>',
  commas: 'a,',
  'combining marks': 'e\u0301\u0323',
  ligatures: '\uFDFA',
  'a capital with a dot': '\u0130',
  'astral characters': '𝕒',
  'lone surrogates': '\uD800',
  'digits with dots': '1.1.1.1/',
  'hexadecimal groups': 'f:',
  times: '2026-01-01T00:00:00Z',
  base64: 'QUFB',
  'nested braces': '{{',
};

const filled = (unit: string, chars: number) => unit.repeat(Math.max(1, Math.floor(chars / unit.length)));
/** Such a text fits into the size although JSON escapes each of its characters. */
const escapedCharsOf = (unit: string) => JSON.stringify(unit).length - 2;

function nested(depth: number, open: (inner: unknown) => unknown): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = open(value);
  return value;
}

/** The values of one field that fill the size. */
function* hostileValues(bytes: number, depth: number): Generator<readonly [string, unknown]> {
  for (const [name, unit] of Object.entries(units)) {
    const text = filled(unit, Math.floor((bytes * unit.length) / Math.max(escapedCharsOf(unit), Buffer.byteLength(unit))));
    yield [`a text of ${name}`, text];
    yield [`a text of ${name} with another end`, `${text.slice(0, -1)}!`];
  }
  yield ['many numbers', Array.from({ length: Math.floor(bytes / 2) }, () => 1)];
  yield ['many empty objects', Array.from({ length: Math.floor(bytes / 3) }, () => ({}))];
  yield ['many texts', Array.from({ length: Math.floor(bytes / 10) }, (_, index) => String(1_000_000 + index))];
  yield ['many equal texts', Array.from({ length: Math.floor(bytes / 4) }, () => 'a')];
  yield ['many addresses', Array.from({ length: Math.floor(bytes / 14) }, (_, index) => `a${index}@b.co`)];
  yield ['many keys', Object.fromEntries(Array.from({ length: Math.floor(bytes / 14) }, (_, index) => [`k${1_000_000 + index}`, 1]))];
  yield ['many nested arrays', Array.from({ length: Math.floor(bytes / (2 * depth)) }, () => nested(depth - 2, (inner) => [inner]))];
  yield [
    'many objects with a key of their own',
    Array.from({ length: Math.floor(bytes / 15) }, (_, index) => ({ [`k${1_000_000 + index}`]: 1 })),
  ];
  yield ['deep arrays', nested(depth, (inner) => [inner])];
  yield ['deep objects', nested(depth, (inner) => ({ a: inner }))];
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
}

/** A short value of the schema's type, of which an array has many. */
function sampleOf(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0]!);
  if (schema.type === 'object')
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, one]) => [key, sampleOf(one)]));
  if (schema.type === 'array') return schema.items ? [sampleOf(schema.items)] : [];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return schema.type === 'boolean' ? true : 'a';
}

/** An array with as many items of the schema as fit. */
function longArray(schema: JsonSchema, bytes: number): unknown[] | null {
  const array = schema.type === 'array' ? schema : schema.anyOf?.find(({ type }) => type === 'array');
  if (!array?.items) return null;
  const item = sampleOf(array.items);
  return Array.from({ length: Math.floor(bytes / (JSON.stringify(item).length + 1)) }, () => item);
}

/**
 * Makes one at a time, because the garbage collector would slow down the measures.
 * @param schema null for a body without fields
 * @param fieldsMax the kinds of fields that each value is in. The next value is in the next ones.
 */
export function* hostileBodies(
  schema: z.ZodObject | null,
  bytes: number,
  depth: number,
  fieldsMax = Number.POSITIVE_INFINITY,
): Generator<readonly [string, unknown]> {
  const described = schema === null ? {} : (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  const all = Object.entries(described.properties ?? { anything: {} });
  // Fields of the same kind have the same parser, and some bodies have thirty of a kind.
  const kindOf = (property: JsonSchema) => JSON.stringify({ ...property, description: null });
  const properties = [...new Map(all.map((one) => [kindOf(one[1]), one])).values()];
  const space = bytes - 100;
  let first = 0;
  for (const [name, value] of hostileValues(space, depth)) {
    const count = Math.min(fieldsMax, properties.length);
    for (let at = first; at < first + count; at++) {
      const [key] = properties[at % properties.length]!;
      yield [`${name} in ${key}`, { [key]: value }];
    }
    first += count;
  }
  for (const [key, property] of properties) {
    const items = longArray(property, space);
    if (items) yield [`many items in ${key}`, { [key]: items }];
  }
  yield ['unknown keys', Object.fromEntries(Array.from({ length: Math.floor(space / 14) }, (_, index) => [`k${1_000_000 + index}`, 1]))];
  yield ['an array', Array.from({ length: Math.floor(space / 2) }, () => 1)];
}
