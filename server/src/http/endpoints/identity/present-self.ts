import type { RestSelf } from '@rollcall/protocol/rest';
import type { Self } from '../../../read-path/queries/identity/self.ts';
import { presentFullUser } from './present-user.ts';

/**
 * A user's own view of their account (REST contract 10.3). Preferences that Sentry's users can
 * choose have their defaults here.
 */
export function presentSelf({ user, details, emails, authenticators }: Self): RestSelf {
  const { username, email } = user;
  return {
    ...presentFullUser(user, details, authenticators, false),
    name: user.name || email,
    username,
    email,
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
