import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';

const sentences = {
  'password-changed': 'Your password was changed.',
  'second-factor-added': 'Two-factor authentication was turned on for your account.',
  'second-factor-removed': 'Two-factor authentication was turned off for your account.',
  'passkey-added': 'A passkey was added to your account. It can log in without your password.',
  'passkey-removed': 'A passkey was removed from your account.',
  'recovery-codes-made': 'New recovery codes were created for your account. Your old codes no longer work.',
  'primary-address-changed': 'The primary email address of your account was changed.',
  'address-removed': 'An email address was removed from your account.',
  'second-factor-reset': 'An owner of your organization reset two-factor authentication for your account. Log in and set it up again.',
  'token-created': 'An API token that can make changes was created for your account.',
} as const;

function whatIsLeft(factors: number): string {
  if (factors === 0) return 'It has no second factor left, so you can’t open organizations that require one.';
  return factors === 1 ? 'It has 1 second factor left.' : `It has ${factors} second factors left.`;
}

export type AccountChange = keyof typeof sentences;

/**
 * Sent to users when the security of their account changes: someone else may have logged in as
 * them.
 */
export const accountChanged = mailTemplate({
  params: z.object({
    change: z.enum(Object.keys(sentences) as [AccountChange, ...AccountChange[]]),
    /**
     * The number of second factors after the removal of a passkey: each passkey, and the
     * authenticator app. Mails of the previous release have none.
     */
    factorsLeft: z.int().min(0).optional(),
  }),
  compose: ({ change, factorsLeft }, { productName, publicUrl }) => ({
    subject: 'Your account was changed',
    before: [
      factorsLeft === undefined ? sentences[change] : `${sentences[change]} ${whatIsLeft(factorsLeft)}`,
      `This is your ${productName} account at ${publicUrl}.`,
    ],
    after: ['If this wasn’t you, reset your password and contact your server administrator.'],
  }),
});
