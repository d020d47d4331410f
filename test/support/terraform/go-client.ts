import * as z from 'zod';

/**
 * HTTP and JSON as in a Go program, such as Terraform's provider for Sentry. Its JSON decoder
 * accepts only the declared type of a field. A field that is null or missing gets the zero value of
 * its type.
 */

export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
/** An int64. A fraction or a number in quotes is refused. */
export const integer = z
  .int()
  .nullish()
  .transform((value) => value ?? 0);
/** Go's time.Time accepts only RFC 3339. */
export const time = z.iso.datetime({ offset: true }).nullish();

export function list<T extends z.ZodType>(of: T) {
  return z
    .array(of)
    .nullish()
    .transform((value) => value ?? []);
}

/** A pointer distinguishes nil from zero. */
export function pointer<T extends z.ZodType>(to: T) {
  return to.nullish().transform((value) => value ?? null);
}

export interface GoResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export class GoClient {
  readonly #base: string;
  readonly #token: string | null;

  constructor(url: string, token: string | null) {
    this.#base = `${url}/api/0`;
    this.#token = token;
  }

  /** Follows redirects, as Go's client does by default. */
  async send(method: string, path: string, body?: unknown): Promise<GoResponse> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: {
        'User-Agent': 'Terraform/1.12.0 (+https://www.terraform.io) terraform-provider-sentry/test',
        ...(this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const sent = await response.text();
    // A generated client decodes a response that is declared as JSON.
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(sent) : sent };
  }

  /** @throws Error unless the response has exactly this status and decodes */
  async expect<T>(status: number, schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return schema.parse(response.body);
  }

  /** Null for a removed resource. */
  async find<T>(schema: z.ZodType<T>, path: string): Promise<T | null> {
    const response = await this.send('GET', path);
    if (response.status === 404) return null;
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return schema.parse(response.body);
  }

  async remove(path: string, status = 204): Promise<void> {
    const response = await this.send('DELETE', path);
    if (response.status !== status && response.status !== 404) throw new Error(`DELETE ${path}: ${response.status}`);
  }

  /** All pages, by the cursor of the next link while it has results. */
  async listAll<T>(schema: z.ZodType<T>, path: string): Promise<T[]> {
    const rows: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const response: GoResponse = await this.send('GET', `${path}${query}`);
      if (response.status !== 200) throw new Error(`GET ${path}${query}: ${response.status}`);
      rows.push(...z.array(schema).parse(response.body));
      cursor = nextCursor(response.headers.get('link') ?? '');
    }
    return rows;
  }
}

function nextCursor(link: string): string | null {
  const next = link.split(/,\s*</).find((one) => one.includes('rel="next"'));
  return next?.includes('results="true"') ? (/cursor="([^"]+)"/.exec(next)?.[1] ?? null) : null;
}
