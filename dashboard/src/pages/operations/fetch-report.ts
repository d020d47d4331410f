import type { InstanceReport } from '@rollcall/client';

/** The token is wrong, or the server has none. */
export class TokenRefused extends Error {}

/** Fetches the report with the operator token, and without the cookies of a session. */
export async function fetchReport(token: string, seconds: number, signal: AbortSignal): Promise<InstanceReport> {
  const response = await fetch(`/api/operator/instances/?seconds=${seconds}`, {
    headers: { Authorization: `Bearer ${token}` },
    credentials: 'omit',
    cache: 'no-store',
    signal,
  });
  if (response.ok) return (await response.json()) as InstanceReport;
  if (response.status === 401) throw new TokenRefused('Wrong operator token.');
  if (response.status === 404) throw new TokenRefused('This server has no operator token. Set OPERATOR_TOKEN and restart it.');
  if (response.status === 429) throw new TokenRefused('Too many attempts with a wrong token. Try again in a moment.');
  throw new Error(`The server returned an error (${response.status}).`);
}
