import type { RestWebhook } from '@rollcall/client';
import { useOrganization } from '../../live/organization.tsx';
import { useRepeatedRead } from '../../live/use-read.ts';

/** An organization has at most 20 webhooks, so these are two requests per second. */
const refreshMs = 10_000;

/** The position of a webhook in the log. It is not in the live state, so it is read repeatedly. */
export function useWebhookState(webhook: RestWebhook) {
  const org = useOrganization();
  const { result: state, refresh } = useRepeatedRead(refreshMs, (options) => org.read.webhookState(webhook.id, options), org, webhook);
  return { state, refresh };
}
