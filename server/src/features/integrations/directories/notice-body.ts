import { OrgError } from '@rollcall/protocol';

/**
 * The body of a notice of a provider. GitHub sends forms if the webhook is not set to JSON.
 * @throws OrgError `invalid` if it is not a JSON object
 */
export function parseNoticeBody(body: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = null;
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new OrgError('invalid', 'The body is not a JSON object. Set the content type of the webhook to application/json.');
}
