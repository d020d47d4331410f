import type { RestWebhook } from '@rollcall/client';
import { useEffect } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';

/** An organization has at most 20 webhooks, so these are two requests a second. */
const refreshMs = 10_000;

/** The position of a webhook in the log. It is not in the live state, so it is read repeatedly. */
export function useWebhookState(webhook: RestWebhook) {
  const org = useOrganization();
  const { result: state, error, refresh } = useRead((options) => org.read.webhookState(webhook.id, options), org, webhook);
  useEffect(() => {
    // A slow read is not interrupted.
    if (state === null && error === null) return;
    const timer = setTimeout(refresh, refreshMs);
    return () => clearTimeout(timer);
  }, [state, error, refresh]);
  return { state, refresh };
}
