/**
 * Removes what a log line must not contain: tokens, passwords, cookies, queries of URLs, and values
 * that a database quotes. Every field of every line is redacted here, regardless of the caller and
 * the depth.
 */

const removed = '[removed]';

/**
 * Texts that are secrets in any position. Callers choose the texts that are searched, so each
 * pattern must take linear time. No part of a pattern can begin, or end, at many positions of the
 * same run of characters.
 */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/(?:sntry[us]|rcsvc)_[A-Za-z0-9+/=_-]+/g, removed],
  // A JWT, from the first character of its word on. Whether a dot ends the word is checked once.
  [/(?<![\w-])(?=[\w-]+\.[\w-])([\w-]*?\b)eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, `$1${removed}`],
  [/\b(Bearer|Basic|Digest)\s+[^\s"',]+/gi, `$1 ${removed}`],
  // A token of a link, a session or an invite, or the hash of a token.
  [/[0-9a-f]{40,}/gi, removed],
  [/(?<=:\/\/)[^\s/@"':]*:[^\s/@"']*(?=@)/g, removed],
  [/\?[^\s"'<>()]+/g, `?${removed}`],
];

/** Names of fields that hold a secret or a caller's input. */
const secretKey =
  /^(.*[-_])?(token|tokens|password|passwd|secret|secrets|authorization|cookie|cookies|otp|credential|credentials|headers|body|query|params|parameters|values)$/i;
const addressKey = /^(url|uri|href|path|originalUrl|location|referer|referrer)$/i;
/** Deeper than any value that is logged on purpose. */
const depthMax = 6;

export function redactText(text: string): string {
  return secretTexts.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/**
 * A path without its query and fragment, and without the invite token that it may contain (REST
 * contract 7.4).
 */
export function redactPath(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  const invite = /^(.*\/accept(?:-invite)?)(\/.*)$/i.exec(path);
  if (!invite) return redactText(path);
  return redactText(invite[1]!) + invite[2]!.replace(/[^/]+/g, (segment) => (/^\d{1,18}$/.test(segment) ? segment : removed));
}

/**
 * Properties that show where an error happened, but no data. PostgreSQL's `detail` and `where`
 * quote the row.
 */
const keptProperties = ['code', 'constraint', 'table', 'column', 'syscall', 'address', 'port'] as const;

/**
 * Describes an error for the log. An error's own properties cannot be enumerated, so JSON would
 * show `{}`.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redactValue('', error, depth);
  if (depth > depthMax) return removed;
  // pino's serializer isn't used, because it would join the messages of the causes. Each cause is
  // redacted by its own kind.
  const { message, stack = '' } = error;
  const known = error as Partial<Record<(typeof keptProperties)[number], unknown>>;
  const kept = keptProperties.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  const clean = isDataException(error) ? withoutQuotes : redactText;
  return {
    type: error.constructor.name,
    message: clean(message),
    stack: clean(stack),
    ...Object.fromEntries(kept),
    ...(error instanceof AggregateError ? { errors: error.errors.map((one) => describeError(one, depth + 1)) } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** Whether the SQLSTATE class is 22. Such a message quotes the value that did not fit. */
function isDataException(error: Error): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
}

function withoutQuotes(text: string): string {
  return redactText(text.replace(/"[^"]*"/g, `"${removed}"`));
}

/**
 * Redacts the fields of a log line. `req` and `res` have serializers of their own, which select
 * what they show.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, key === 'req' || key === 'res' ? value : redactValue(key, value, 0)]),
  );
}

function redactValue(key: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return value;
  if (secretKey.test(key)) return removed;
  if (typeof value === 'string') return addressKey.test(key) ? redactPath(value) : redactText(value);
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date || typeof value === 'bigint') return value;
  if (typeof value !== 'object') return undefined;
  if (depth >= depthMax || ArrayBuffer.isView(value)) return removed;
  if (Array.isArray(value)) return value.map((item) => redactValue(key, item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactValue(name, item, depth + 1)]));
}
