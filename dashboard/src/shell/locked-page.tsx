import { Lock } from 'lucide-react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../kit/states.tsx';
import { productName } from '../product-name.ts';
import { setUp2faAddress } from './set-up-2fa.ts';

interface LockedPageProps {
  readonly slug: string;
  readonly phase: 'denied' | 'revoked' | 'closed';
  readonly reason: string | null;
}

const explanations: Readonly<Record<string, string>> = {
  removed: 'You are no longer a member of this organization.',
  'organization-removed': 'This organization was removed.',
  'two-factor-required': 'This organization requires two-factor authentication. Set it up in your account to get back in.',
  'sso-required': 'This organization now requires logging in by its identity provider.',
  'address-not-allowed': 'This organization does not allow access from your address.',
};

/** In place of everything, once the server has ended one's access: why, and where to go. */
export function LockedPage({ slug, phase, reason }: LockedPageProps) {
  const needs2fa = reason === 'two-factor-required';
  const wasHere = phase !== 'denied';
  const title = wasHere ? 'Your access has ended' : needs2fa ? 'Set up 2FA to continue' : 'You don’t have access';
  useEffect(() => {
    document.title = `No access · ${productName}`;
  }, []);
  return (
    <main className="starting">
      <EmptyState
        icon={Lock}
        level={1}
        title={title}
        action={
          <>
            {needs2fa && (
              <Link className="button button-primary" href={setUp2faAddress(slug)}>
                Set up 2FA
              </Link>
            )}
            <Link className="button button-plain" href="/">
              Your organizations
            </Link>
          </>
        }
      >
        <p role="alert">
          {wasHere || needs2fa
            ? (explanations[reason ?? ''] ?? 'The server ended your access.')
            : `The organization “${slug}” doesn’t exist, or you aren’t a member of it.`}
        </p>
      </EmptyState>
    </main>
  );
}
