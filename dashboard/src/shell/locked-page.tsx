import { Lock } from 'lucide-react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../kit/states.tsx';
import { productName } from '../product-name.ts';

interface LockedPageProps {
  readonly slug: string;
  readonly phase: 'denied' | 'revoked' | 'closed';
  readonly reason: string | null;
}

const explanations: Readonly<Record<string, string>> = {
  removed: 'You are no longer a member of this organization.',
  'organization-removed': 'This organization was removed.',
  'two-factor-required': 'This organization now requires two-factor authentication, which your account does not have yet.',
  'sso-required': 'This organization now requires logging in by its identity provider.',
  'address-not-allowed': 'This organization does not allow access from your address.',
};

/** In place of everything, once the server has ended one's access: why, and where to go. */
export function LockedPage({ slug, phase, reason }: LockedPageProps) {
  const wasHere = phase !== 'denied';
  useEffect(() => {
    document.title = `No access · ${productName}`;
  }, []);
  return (
    <main className="starting">
      <EmptyState
        icon={Lock}
        level={1}
        title={wasHere ? 'Your access has ended' : 'There is nothing here for you'}
        action={
          <>
            {reason === 'two-factor-required' && (
              <Link className="button button-primary" href="/account/security/">
                Set up two-factor authentication
              </Link>
            )}
            <Link className="button button-plain" href="/">
              Your organizations
            </Link>
          </>
        }
      >
        <p role="alert">
          {wasHere
            ? `${explanations[reason ?? ''] ?? 'The server ended your access.'} What this page held was wiped.`
            : `There is no organization “${slug}”, or you are not a member of it.`}
        </p>
      </EmptyState>
    </main>
  );
}
