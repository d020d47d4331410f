import * as z from 'zod';
import { browserSdkVersions, projectKeyRecordSchema } from '../../records.ts';
import { dateTime, named } from './shape.ts';

const { rateLimit, dynamicSdkLoaderOptions } = projectKeyRecordSchema.shape;

const publicPart = z.string().regex(/^[0-9a-f]{32}$/);

/** REST contract 9.5. */
export const projectKeyShape = named(
  'ProjectKey',
  z.object({
    id: publicPart,
    name: z.string(),
    label: z.string().describe('Same as `name`.'),
    public: publicPart.describe('Same as `id`.'),
    secret: publicPart,
    projectId: z.int().describe('A number, unlike other ids.'),
    isActive: z.boolean(),
    rateLimit: rateLimit.check(z.describe('At most `count` events in `window` seconds. Null for no limit.')),
    dsn: z
      .object({
        public: z.string(),
        secret: z.string(),
        csp: z.string(),
        security: z.string(),
        minidump: z.string(),
        nel: z.string(),
        unreal: z.string(),
        crons: z.string(),
        cdn: z.string(),
        playstation: z.string(),
        integration: z.string(),
        otlp_traces: z.string(),
        otlp_logs: z.string(),
      })
      .describe('URLs that clients derive from the key.'),
    browserSdkVersion: z.string(),
    browserSdk: z.object({ choices: z.array(z.array(z.enum(browserSdkVersions)).min(2).max(2)) }),
    dateCreated: dateTime,
    dynamicSdkLoaderOptions,
  }),
);
