import * as z from 'zod';
import { mailTemplate } from '../template.ts';

const sentences = {
  'password-changed': 'The password of your account was changed.',
  'second-factor-added': 'Two-factor authentication was set up for your account.',
  'second-factor-removed': 'Two-factor authentication was removed from your account.',
  'recovery-codes-made': 'New recovery codes were made for your account. Earlier ones work no more.',
  'primary-address-changed': 'Your account has another primary e-mail address now.',
  'address-removed': 'An address was removed from your account.',
  'second-factor-reset':
    'An owner of your organization removed two-factor authentication from your account. Set it up again after you log in.',
  'token-created': 'An API token that may change things was made for your account.',
} as const;

export type AccountChange = keyof typeof sentences;

/** To a user whose account was changed, by whoever could log in as them. */
export const accountChanged = mailTemplate({
  params: z.object({ change: z.enum(Object.keys(sentences) as [AccountChange, ...AccountChange[]]) }),
  compose: ({ change }, { productName, publicUrl }) => ({
    subject: 'Your account was changed',
    before: [sentences[change], `It is your ${productName} account at ${publicUrl}.`],
    after: ['If it was not you, set another password, and ask whoever runs the server for help.'],
  }),
});
