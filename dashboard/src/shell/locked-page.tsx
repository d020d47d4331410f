import { OrgError } from '@rollcall/client';
import { Lock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../kit/button.ts';
import { EmptyState } from '../kit/states.tsx';
import { useRefusal } from '../live/use-refusal.ts';
import { productName } from '../product-name.ts';
import { useOrganizations } from '../session/organizations.ts';
import SudoDialog from '../session/sudo-dialog.tsx';
import { setUp2faAddress, ssoLoginAddress } from './regain-access.ts';

interface LockedPageProps {
  readonly slug: string;
  readonly phase: 'denied' | 'revoked' | 'closed';
  readonly reason: string | null;
}

const explanations: Readonly<Record<string, string>> = {
  removed: 'You’re no longer a member of this organization.',
  'organization-removed': 'This organization was deleted.',
  'organization-missing': 'The server’s database was restored from a backup that doesn’t contain this organization.',
  'two-factor-required': 'This organization requires two-factor authentication. Set it up in your account to get back in.',
  'sso-required': 'This organization requires a login with its identity provider. Log in there to get back in.',
  'sudo-required': 'Your last login is older than this organization allows. Enter your password to get back in.',
  'address-not-allowed': 'This organization doesn’t allow access from your IP address.',
};

/** The titles for users who had no access before. */
const titles: Readonly<Record<string, string>> = {
  'two-factor-required': 'Set up 2FA to continue',
  'sso-required': 'Log in to continue',
  'sudo-required': 'Confirm it’s you to continue',
};

/** Replaces the whole page when the user has no access, or when their access has ended. */
export default function LockedPage({ slug, phase, reason }: LockedPageProps) {
  const refusal = useRefusal(phase === 'denied' || reason === 'address-not-allowed');
  const blocked = useOrganizations()?.find((one) => one.slug === slug || one.id === slug)?.blocked ?? null;
  // The REST API returns no reason to a member without 2FA, but the list of organizations has it.
  const refused = refusal && refusal.code in explanations ? refusal.code : blocked;
  const why = phase === 'denied' ? refused : reason;
  const explanation = explanations[why ?? ''];
  const needs2fa = why === 'two-factor-required';
  const needsSso = why === 'sso-required';
  const needsPassword = why === 'sudo-required';
  const [isConfirming, setConfirming] = useState(false);
  const wasHere = phase !== 'denied';
  const title = wasHere ? 'Your access has ended' : (titles[why ?? ''] ?? 'You don’t have access');
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
              <Link className="rollcall-button rollcall-button-primary" href={setUp2faAddress(slug)}>
                Set up 2FA
              </Link>
            )}
            {needsSso && (
              <a className="rollcall-button rollcall-button-primary" href={ssoLoginAddress(slug)}>
                Log in with single sign-on
              </a>
            )}
            {needsPassword && (
              <Button variant="primary" onClick={() => setConfirming(true)}>
                Enter your password
              </Button>
            )}
            <Link className="rollcall-button" href="/">
              Your organizations
            </Link>
          </>
        }
      >
        <p role="alert">
          {explanation ??
            (wasHere
              ? 'You no longer have access to this organization.'
              : `The organization “${slug}” doesn’t exist, or you aren’t a member of it.`)}
          {refusal?.address && ` Your address is ${refusal.address}. An owner can add it.`}
        </p>
      </EmptyState>
      {isConfirming && (
        <SudoDialog
          cause={new OrgError('sudo-required', explanations['sudo-required']!)}
          // The socket has the former login, and a new document opens another one.
          onProven={() => location.reload()}
          onClose={() => setConfirming(false)}
        />
      )}
    </main>
  );
}
