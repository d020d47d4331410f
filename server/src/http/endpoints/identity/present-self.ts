import type { RestSelf } from '@rollcall/protocol/rest';
import type { Self } from '../../../read-path/queries/identity/self.ts';
import { presentFullUser } from './present-user.ts';

/** A user as they see themselves (REST contract 10.3). What is a matter of taste elsewhere has its default here. */
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
