import type { ResponseOf, selfShape } from '@rollcall/protocol/rest/shapes';
import type { Self } from '../../../read-path/queries/identity/self.ts';
import { presentFullUser } from './present-user.ts';

/** A user as they see themselves (REST contract 10.3). What is a matter of taste elsewhere has its default here. */
export function presentSelf({ user, details, emails, authenticators }: Self): ResponseOf<typeof selfShape> {
  return {
    ...presentFullUser(user, details, authenticators, false),
    emails: emails.map(({ id, email, isVerified }) => ({ id, email, is_verified: isVerified })),
    identities: [],
    permissions: [],
    options: {
      theme: 'system',
      language: 'en',
      stacktraceOrder: -1,
      defaultIssueEvent: 'recommended',
      timezone: 'UTC',
      clock24Hours: false,
      prefersIssueDetailsStreamlinedUI: null,
    },
    flags: { newsletter_consent_prompt: false },
  };
}
