import * as z from 'zod';
import { id, named } from './shape.ts';

export const startedSignOnTestShape = named(
  'StartedSignOnTest',
  z.object({ id: z.string(), url: z.string().describe('The address at the identity provider. The same browser must open it.') }),
);

const text = z.string().nullable().describe('As the provider asserts it.');

export const signOnTestShape = named(
  'SignOnTest',
  z.object({
    ok: z.boolean().nullable().describe('Whether the provider’s response was accepted. Null until the test has ended.'),
    subject: text,
    email: text,
    name: text,
    attributes: z.record(z.string(), z.array(z.string())).describe('All attributes or claims.'),
    wouldLinkTo: z
      .object({ id, email: z.string().nullable() })
      .nullable()
      .describe('The member that a login with this identity would reach.'),
    problems: z.array(z.string()).describe('Why a login would fail, or would not be linked by itself.'),
  }),
);
