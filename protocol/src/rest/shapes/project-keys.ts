import * as z from 'zod';
import { browserSdkVersions, projectKeyRecordSchema } from '../../records.ts';
import { dateTime, describeFields, named } from './shape.ts';

export const rateLimitDescriptions = {
  window: 'Length of the interval in seconds.',
  count: 'Number of events in an interval.',
} as const;

export const loaderOptionDescriptions = {
  hasReplay: 'Whether the loader script contains session replay.',
  hasPerformance: 'Whether the loader script contains tracing.',
  hasDebug: 'Whether the loader script contains debug output.',
  hasFeedback: 'Whether the loader script contains the feedback form.',
  hasLogsAndMetrics: 'Whether the loader script contains logs and metrics.',
} as const;

const { rateLimit, dynamicSdkLoaderOptions } = projectKeyRecordSchema.shape;

const publicPart = z.string().regex(/^[0-9a-f]{32}$/);

/** REST contract 9.5. */
export const projectKeyShape = named(
  'ProjectKey',
  'A client key, with which programs send events to a project.',
  z.object({
    id: publicPart.describe('Id of the key: 32 hexadecimal digits.'),
    name: z.string().describe('Name of the key.'),
    label: z.string().describe('Same as `name`.'),
    public: publicPart.describe('Same as `id`.'),
    secret: publicPart.describe('The secret part of the key, which old clients send: 32 hexadecimal digits.'),
    projectId: z.int().describe('A number, unlike other ids.'),
    isActive: z.boolean().describe('Whether programs may send events with the key.'),
    rateLimit: z
      .object(describeFields(rateLimit.def.innerType.shape, rateLimitDescriptions))
      .nullable()
      .describe('At most `count` events in `window` seconds. Null for no limit.'),
    dsn: z
      .object({
        public: z.string().describe('The address that clients are configured with.'),
        secret: z.string().describe('The address with the secret part, for old clients.'),
        csp: z.string().describe('Receives reports of content security policies.'),
        security: z.string().describe('Receives other security reports of browsers.'),
        minidump: z.string().describe('Receives minidumps of crashes.'),
        nel: z.string().describe('Receives reports of network errors.'),
        unreal: z.string().describe('Receives crash reports of Unreal Engine.'),
        crons: z.string().describe('Receives check-ins of scheduled jobs.'),
        cdn: z.string().describe('URL of the loader script.'),
        playstation: z.string().describe('Receives crash reports of PlayStation.'),
        integration: z.string().describe('Base URL for integrations.'),
        otlp_traces: z.string().describe('Receives traces of OpenTelemetry.'),
        otlp_logs: z.string().describe('Receives logs of OpenTelemetry.'),
      })
      .describe('URLs that clients derive from the key.'),
    browserSdkVersion: z.string().describe('The version of the SDK that the loader script loads.'),
    browserSdk: z
      .object({
        choices: z
          .array(z.array(z.enum(browserSdkVersions)).min(2).max(2))
          .describe('The versions to choose from, each as value and label.'),
      })
      .describe('Details of the loader script.'),
    dateCreated: dateTime.describe('When the key was created.'),
    dynamicSdkLoaderOptions: z
      .object(describeFields(dynamicSdkLoaderOptions.shape, loaderOptionDescriptions))
      .describe('The features of the loader script.'),
  }),
);
