/**
 * The schemas of PagerDuty's Events API v2 that the server uses, from its public documentation:
 * https://developer.pagerduty.com/docs/send-alert-event
 * https://developer.pagerduty.com/docs/send-change-event
 */

const links = {
  type: 'array',
  items: {
    type: 'object',
    required: ['href'],
    properties: { href: { type: 'string', format: 'uri' }, text: { type: 'string' } },
  },
} as const;

const payload = {
  summary: { type: 'string', minLength: 1, maxLength: 1024 },
  source: { type: 'string', minLength: 1 },
  timestamp: { type: 'string', format: 'date-time' },
  custom_details: { type: 'object' },
} as const;

const routingKey = { type: 'string', minLength: 32, maxLength: 32 } as const;

export const alertEventSchema = {
  type: 'object',
  required: ['routing_key', 'event_action', 'payload'],
  properties: {
    routing_key: routingKey,
    event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    dedup_key: { type: 'string', maxLength: 255 },
    payload: {
      type: 'object',
      required: ['summary', 'source', 'severity'],
      properties: { ...payload, severity: { enum: ['critical', 'error', 'warning', 'info'] } },
      additionalProperties: false,
    },
    links,
  },
  additionalProperties: false,
} as const;

export const changeEventSchema = {
  type: 'object',
  required: ['routing_key', 'payload'],
  properties: {
    routing_key: routingKey,
    payload: { type: 'object', required: ['summary'], properties: payload, additionalProperties: false },
    links,
  },
  additionalProperties: false,
} as const;

/** The response to an accepted alert. That to a change event has no `dedup_key`. */
export const acceptedSchema = {
  type: 'object',
  required: ['status', 'message'],
  properties: { status: { const: 'success' }, message: { type: 'string' }, dedup_key: { type: 'string' } },
  additionalProperties: false,
} as const;

export const refusedSchema = {
  type: 'object',
  required: ['status', 'message', 'errors'],
  properties: { status: { type: 'string' }, message: { type: 'string' }, errors: { type: 'array', items: { type: 'string' } } },
  additionalProperties: false,
} as const;
