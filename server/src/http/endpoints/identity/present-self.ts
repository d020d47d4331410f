import type { RestSelf } from '@rollcall/protocol/rest';
import type { Self } from '../../../read-path/queries/identity/self.ts';
import { presentFullUser } from './present-user.ts';

/**
 * A user's own view of their account (REST contract 10.3). Preferences that Sentry's users can
 * choose have their defaults here.
 * @param isBound whether the caller is a session that began with single sign-on. It shows only the
 * address that the organization knows: the provider's owner could have logged in as this user.
 */
export function presentSelf({ user, details, emails, authenticators }: Self, isBound: boolean): RestSelf {
  const { username, email } = user;
  const shown = isBound ? emails.filter((one) => one.email === email) : emails;
  return {
    ...presentFullUser(user, details, authenticators, false),
    name: user.name || email,
    username,
    email,
    emails: shown.map(({ id, email, isVerified }) => ({ id, email, is_verified: isVerified })),
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
