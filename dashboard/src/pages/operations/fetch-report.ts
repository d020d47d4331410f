import type { InstanceReport } from '@rollcall/client';

/** The token was refused: it is wrong, or the server has none. */
export class TokenRefused extends Error {}

/** Without the browser's cookies: the operator is nobody's session. */
export async function fetchReport(token: string, seconds: number, signal: AbortSignal): Promise<InstanceReport> {
  const response = await fetch(`/api/operator/instances/?seconds=${seconds}`, {
    headers: { Authorization: `Bearer ${token}` },
    credentials: 'omit',
    cache: 'no-store',
    signal,
  });
  if (response.ok) return (await response.json()) as InstanceReport;
  if (response.status === 401) throw new TokenRefused('This is not the operator’s token.');
  if (response.status === 404) throw new TokenRefused('This server has no operator’s token: set OPERATOR_TOKEN, and start it again.');
  if (response.status === 429) throw new TokenRefused('Too many wrong tokens came from this address. Try again in a moment.');
  throw new Error(`The server answered ${response.status}.`);
}
