import { type ErrorCode, errorCodes, OrgError } from '@rollcall/protocol';

/** The header with a code of the table. Clients of this contract already read `X-Sentry-Error`. */
const codeHeader = 'X-Sentry-Error';

/** A response with its whole body. */
export interface Received {
  readonly response: Response;
  readonly text: string;
}

export function errorFromResponse({ response, text }: Received): OrgError {
  const body = readJson(text);
  const message = messageIn(body) ?? `The server responded with status ${response.status}.`;
  return new OrgError(codeOf(response, body), message, { body, retryAfterSeconds: retryAfterSecondsOf(response) });
}

function retryAfterSecondsOf(response: Response): number | null {
  const text = response.headers.get('Retry-After');
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null;
}

function codeOf(response: Response, body: unknown): ErrorCode {
  const code = response.headers.get(codeHeader);
  if (code !== null && Object.hasOwn(errorCodes, code)) return code as ErrorCode;
  if (response.status === 401 && fieldOf(fieldOf(body, 'detail'), 'code') === '2fa-required') return 'two-factor-required';
  return codeOfStatus(response.status);
}

/** The code of a response that comes from a proxy and not from Rollcall. */
export function codeOfStatus(status: number): ErrorCode {
  // 401 has two codes. The first in the table is the general one.
  const match = Object.entries(errorCodes).find(([, { status: ofCode }]) => ofCode === status);
  if (match) return match[0] as ErrorCode;
  if (status === 502 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal' : 'invalid';
}

/** The contract's error bodies: `detail` as text or coded, messages by field, and a bare list. */
export function messageIn(body: unknown): string | null {
  if (typeof body === 'string') return body === '' ? null : body;
  if (Array.isArray(body)) return messageIn(body[0]);
  if (body === null || typeof body !== 'object') return null;
  const detail = fieldOf(body, 'detail');
  const text = typeof detail === 'object' ? (fieldOf(detail, 'message') ?? messageIn(detail)) : detail;
  if (typeof text === 'string') return text;
  for (const [field, value] of Object.entries(body)) {
    const message = messageIn(value);
    if (message !== null) return field === 'non_field_errors' || field === 'details' ? message : `${field}: ${message}`;
  }
  return null;
}

function fieldOf(value: unknown, field: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[field] : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
