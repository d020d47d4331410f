import { apiLimits, browserSdkVersions, type ProjectKeyRecord } from '@rollcall/protocol';
import { loaderOptionDescriptions, rateLimitDescriptions } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import {
  booleanField,
  choiceField,
  type FieldDescription,
  field,
  integerField,
  nameField,
  nullable,
  type Refuse,
} from '../../requests/fields.ts';

/** Bodies of requests about client keys (REST contract 9.1, 9.5). A blank name becomes null. */

/** Seconds: a limit counts the events of at most a day. */
const rateLimitWindowMax = 86_400;
/** The largest `integer` of PostgreSQL. Another server receives and counts the events. */
const rateLimitCountMax = 2_147_483_647;

const keyNameField = () => nullable(nameField({ max: apiLimits.nameLengthMax, allowBlank: true })).optional();

const rateLimitDescription: FieldDescription = {
  type: 'object',
  properties: {
    window: { type: ['integer', 'null'], minimum: 0, maximum: rateLimitWindowMax, description: rateLimitDescriptions.window },
    count: { type: ['integer', 'null'], minimum: 0, maximum: rateLimitCountMax, description: rateLimitDescriptions.count },
  },
};

/**
 * If either part is absent, null, empty or 0, there is no limit: some clients remove a limit that
 * way.
 */
function rateLimitField(): z.ZodType<ProjectKeyRecord['rateLimit']> {
  return field(rateLimitDescription, (value, refuse) => {
    if (typeof value !== 'object' || Array.isArray(value)) return refuse('Invalid data. Expected a dictionary.');
    const given = value as Readonly<Record<string, unknown>>;
    const { window, count } = {
      window: readAmount(given.window, rateLimitWindowMax, refuse),
      count: readAmount(given.count, rateLimitCountMax, refuse),
    };
    return window > 0 && count > 0 ? { window, count } : null;
  });
}

function readAmount(value: unknown, max: number, refuse: Refuse): number {
  if (value === undefined || value === null || value === '') return 0;
  const parsed = integerField({ min: 0, max }).safeParse(value);
  return parsed.success ? parsed.data : refuse(parsed.error.issues[0]!.message);
}

const loaderOptions = ['hasReplay', 'hasPerformance', 'hasDebug', 'hasFeedback', 'hasLogsAndMetrics'] as const;

const loaderOptionsDescription = Object.fromEntries(
  loaderOptions.map((option) => [option, { type: 'boolean', description: loaderOptionDescriptions[option] } as const]),
);

function loaderOptionsField(): z.ZodType<Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']>> {
  return field({ type: 'object', properties: loaderOptionsDescription }, (value, refuse) => {
    if (typeof value !== 'object' || Array.isArray(value)) return refuse('Invalid data. Expected a dictionary.');
    const options: Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']> = {};
    for (const option of loaderOptions) {
      if (!Object.hasOwn(value, option)) continue;
      const parsed = booleanField().safeParse((value as Readonly<Record<string, unknown>>)[option]);
      if (!parsed.success) return refuse(parsed.error.issues[0]!.message);
      options[option] = parsed.data;
    }
    return options;
  });
}

export const newProjectKeySchema = z.object({
  name: keyNameField().describe('Name of the key. Default: `Key` and the first six digits of its id.'),
  rateLimit: nullable(rateLimitField())
    .optional()
    .describe('At most `count` events in `window` seconds. Null, or 0 in either field, for no limit.'),
  browserSdkVersion: choiceField(browserSdkVersions).optional().describe('The version of the SDK that the loader script loads.'),
  dynamicSdkLoaderOptions: loaderOptionsField().optional().describe('The features of the loader script. Absent features stay as they are.'),
});

export const projectKeyChangesSchema = z.object({
  ...newProjectKeySchema.shape,
  isActive: booleanField().optional().describe('Whether programs may send events with the key.'),
});
