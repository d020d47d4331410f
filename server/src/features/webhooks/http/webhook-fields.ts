import { apiLimits, eventChoices } from '@rollcall/protocol';
import * as z from 'zod';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { eventTypesField } from '../../../http/requests/event-types-field.ts';
import { choiceField, stringField } from '../../../http/requests/fields.ts';
import { scopesField } from '../../../http/requests/scopes-field.ts';
import type { Services } from '../../../http/services.ts';
import { failureTexts } from '../../../outbound/outbound-error.ts';

export const newWebhookSchema = z.object({
  url: stringField({ max: apiLimits.webhookUrlMax }).describe('The address that receives the events.'),
  description: stringField({ max: apiLimits.webhookTextMax, allowBlank: true }).optional().describe('A note for administrators.'),
  eventTypes: eventTypesField(eventChoices.size)
    .transform((chosen) => [...new Set(chosen)])
    .optional()
    .describe('Names of events, or all of a group: `member.*`. Empty means all events.'),
  scopes: scopesField().optional().describe('The webhook receives the changes that these scopes may read.'),
});

export const webhookChangesSchema = newWebhookSchema
  .partial()
  .extend({ status: choiceField(['active', 'disabled']).optional().describe('A disabled webhook receives nothing, and its events wait.') });

/** Adds the error of a URL that will always be refused. */
export function withUrlErrors<Fields extends { readonly url?: string | undefined }>(
  { outbound }: Services,
  { fields, malformed }: { readonly fields: Fields; readonly malformed: FieldErrors },
): { readonly fields: Fields; readonly malformed: FieldErrors } {
  const reason = fields.url === undefined ? null : outbound.refuseStoredUrl(fields.url);
  return { fields, malformed: reason === null ? malformed : { ...malformed, url: [refusals[reason]] } };
}

const refusals: Readonly<Record<NonNullable<ReturnType<Services['outbound']['refuseUrl']>>, string>> = {
  url: 'Enter a valid URL, without a user.',
  scheme: 'Enter a URL that begins with https://, or ask the operator to allow this server with OUTBOUND_ALLOWED.',
  port: 'This server does not send webhooks to ports of its own services. Use another port.',
  'own-host': 'This server does not send webhooks to itself.',
  address: failureTexts['refused-address'],
};
