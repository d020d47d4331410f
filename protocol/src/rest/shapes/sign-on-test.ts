import * as z from 'zod';
import { id, named } from './shape.ts';

export const startedSignOnTestShape = named(
  'StartedSignOnTest',
  'A started test of single sign-on.',
  z.object({
    id: z.string().describe('Id of the test, whose result `readSignOnTest` returns.'),
    url: z.string().describe('The address at the identity provider. The same browser must open it.'),
  }),
);

const text = z.string().nullable().describe('The subject that the provider asserted.');

export const signOnTestShape = named(
  'SignOnTest',
  'The outcome of a test of single sign-on.',
  z.object({
    ok: z.boolean().nullable().describe('Whether the provider’s response was accepted. Null until the test has ended.'),
    subject: text,
    email: text,
    name: text,
    attributes: z.record(z.string(), z.array(z.string())).describe('All attributes or claims.'),
    wouldLinkTo: z
      .object({
        id: id.describe('Id of the member.'),
        email: z.string().nullable().describe('Email address of the member, or null if the caller may not see it.'),
      })
      .nullable()
      .describe('The member that a login with this identity would reach.'),
    problems: z.array(z.string()).describe('Reasons why a login would fail, or would not link the identity without asking.'),
  }),
);
