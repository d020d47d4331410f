import { OrgError } from '@rollcall/client';
import { loadable, OnDemand } from '@rollcall/react/parts';
import { Lock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../kit/button.ts';
import { EmptyState } from '../kit/states.tsx';
import { useRefusal } from '../live/use-refusal.ts';
import { productName } from '../product-name.ts';
import { useOrganizations } from '../session/organizations.ts';
import { useSession } from '../session/session.tsx';
import { setUp2faAddress, ssoLoginAddress } from './regain-access.ts';

const SudoDialog = loadable(() => import('../session/sudo-dialog.tsx'));

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

const codeNeeded = 'This organization requires two-factor authentication, and your login had no code.';

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
  const needs2fa = why === 'two-factor-required';
  // The user has a second factor, but logged in without it.
  const needsCode = useSession().me.has2fa && needs2fa;
  const [isAsking, setAsking] = useState(false);
  const explanation = needsCode ? codeNeeded : explanations[why ?? ''];
  const needsSso = why === 'sso-required';
  const needsPassword = why === 'sudo-required';
  const wasHere = phase !== 'denied';
  const title = wasHere ? 'Your access has ended' : needsCode ? 'Enter a code to continue' : (titles[why ?? ''] ?? 'You don’t have access');
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
            {needsCode && (
              <Button variant="primary" onClick={() => setAsking(true)}>
                Enter a code
              </Button>
            )}
            {needs2fa && !needsCode && (
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
              <Button variant="primary" onClick={() => setAsking(true)}>
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
      {isAsking && (
        <OnDemand fallback={null} onFailed={() => setAsking(false)}>
          <SudoDialog
            cause={needsPassword ? new OrgError('sudo-required', explanations['sudo-required']!) : null}
            // The socket has the former login, and a new document opens another one.
            onProven={() => location.reload()}
            onClose={() => setAsking(false)}
          />
        </OnDemand>
      )}
    </main>
  );
}
