import { eventTypes } from '@rollcall/protocol';
import * as z from 'zod';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { choiceField, listField, messages, parseFields, stringField } from '../../requests/fields.ts';
import { scopesField } from '../../requests/scopes-field.ts';
import type { Services } from '../../services.ts';

/** Longer URLs are cut by some servers. */
const urlLengthMax = 2_048;
const descriptionLengthMax = 200;

const groups = new Set(eventTypes.map((type) => `${type.slice(0, type.indexOf('.'))}.*`));
const knownTypes: ReadonlySet<unknown> = new Set([...eventTypes, ...groups]);

const eventTypesField = listField<string>(knownTypes.size, { type: 'string' }, (item, refuse) =>
  knownTypes.has(item) ? (item as string) : refuse(messages.notChoice(item)),
).transform((chosen) => [...new Set(chosen)]);

export const newWebhookSchema = z.object({
  url: stringField({ max: urlLengthMax }),
  description: stringField({ max: descriptionLengthMax, allowBlank: true }).optional(),
  eventTypes: eventTypesField.optional(),
  scopes: scopesField().optional(),
});

export const webhookChangesSchema = newWebhookSchema.partial().extend({ status: choiceField(['active', 'disabled']).optional() });

/** Parses the fields of a webhook. A URL that will always be refused is an error of `url`. */
export function parseWebhook<Shape extends z.ZodRawShape>({ outbound }: Services, schema: z.ZodObject<Shape>, body: unknown) {
  const { fields, malformed } = parseFields(schema, body);
  const { url } = fields as { readonly url?: string };
  const reason = url === undefined ? null : outbound.refuseUrl(url);
  return { fields, malformed: reason === null ? malformed : ({ ...malformed, url: [refusals[reason]] } satisfies FieldErrors) };
}

const refusals: Readonly<Record<NonNullable<ReturnType<Services['outbound']['refuseUrl']>>, string>> = {
  url: 'Enter a valid URL, without a user.',
  scheme: 'Enter a URL that begins with https://.',
  port: 'This server does not send webhooks to this port.',
  'own-host': 'This server does not send webhooks to itself.',
  address: 'This server does not send webhooks to this address.',
};
