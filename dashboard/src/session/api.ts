import { type ErrorCode, OrgError } from '@rollcall/client';

/** What the console asks of REST that belongs to no organization: who one is, and how one proves it. */

/** @throws OrgError with the server's code, or `unreachable` */
export async function callApi<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
  const response = await fetch(`/api/0${path}`, {
    method,
    headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new OrgError('unreachable', 'The server could not be reached.', { cause: error });
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? null : JSON.parse(text)) as T;
  const answer = readJson(text);
  const code = (response.headers.get('X-Sentry-Error') ?? (response.status === 401 ? 'unauthenticated' : 'internal')) as ErrorCode;
  throw new OrgError(code, messageIn(answer) ?? `The server answered ${response.status}.`, { body: answer });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `detail` as text or coded, else the first message of a field. */
function messageIn(answer: unknown): string | null {
  if (typeof answer === 'string') return answer || null;
  if (Array.isArray(answer)) return messageIn(answer[0]);
  if (typeof answer !== 'object' || answer === null) return null;
  const { detail, message, ...fields } = answer as Record<string, unknown>;
  return messageIn(detail ?? message ?? Object.values(fields)[0]);
}
