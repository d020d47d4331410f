import { attemptLimit, hour } from '../../runtime/limits/attempt-limit.ts';
import type { FixedLimits } from '../../runtime/limits/limit.ts';

export const webhookLimits = {
  webhooks: {
    value: 20,
    unit: 'webhooks',
    scope: 'organization',
    text: 'webhooks of one organization; beyond it 400',
    reason: 'Each causes a request per event. An organization has a few tools, each with one or two receivers.',
  },
  replaysPerOrganization: attemptLimit('replays', {
    name: 'webhook-replay',
    value: 20,
    windowSeconds: hour,
    scope: 'organization',
    text: 'replays of webhooks of one organization; beyond it 429',
    reason: 'Each delivers up to the whole log again, and every delivery is kept for weeks (REST contract 13.10).',
  }),
} as const satisfies FixedLimits;
