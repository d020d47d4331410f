import type { TotpSetup } from '@rollcall/client';
import { ShieldCheck, ShieldOff, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { useRead } from '../../live/use-read.ts';
import { useOrganizations } from '../../session/organizations.ts';
import { useSession } from '../../session/session.tsx';
import { formatDate } from '../../shell/format-time.ts';
import { findPage } from '../../shell/pages.ts';
import { Passkeys } from './passkeys.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { TotpDialog } from './totp-dialog.tsx';
import { Unread } from './unread.tsx';
import { useAccountCall } from './use-account-call.ts';

/** With fewer, the console asks for new ones. */
const fewCodes = 3;

function describeCodes(left: number): string {
  if (left === 0) return 'You have no recovery codes left. Create new ones, or you can’t log in without your device.';
  const text = `${left} recovery ${left === 1 ? 'code is' : 'codes are'} left.`;
  return left < fewCodes ? `${text} Create new ones before you run out.` : text;
}

function describeLogin(hasApp: boolean, hasPasskey: boolean): string {
  if (!hasPasskey) return 'You need a code from your authenticator app to log in.';
  return hasApp
    ? 'You log in with a passkey, or with your password and a code from your authenticator app.'
    : 'You log in with a passkey, or with your password and a recovery code.';
}

export function SecondFactor() {
  const { client } = useSession();
  const organizations = useOrganizations() ?? [];
  const search = useSearch();
  const [location, navigate] = useLocation();
  const call = useAccountCall();
  const { result: authenticators, error, refresh } = useRead(() => client.account.authenticators());
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const totp = authenticators?.find(({ type }) => type === 'totp') ?? null;
  const passkeys = authenticators?.filter(({ type }) => type === 'webauthn') ?? [];
  const [first = null] = [...(totp ? [totp] : []), ...passkeys].sort((one, other) => one.dateCreated.localeCompare(other.dateCreated));
  const codesLeft = authenticators?.find(({ type }) => type === 'recovery')?.codesLeft ?? 0;
  /** The address to open after the recovery codes were shown. */
  const [destination, setDestination] = useState<string | null>(null);
  const [blockedSlugs, setBlockedSlugs] = useState<readonly string[]>([]);
  const section = useRef<HTMLElement>(null);
  /** Links that ask the user to set up 2FA lead here, past the other sections. */
  const isWanted = location.startsWith('/account/security') && authenticators !== null;
  useEffect(() => {
    if (isWanted) section.current?.scrollIntoView({ block: 'center' });
  }, [isWanted]);
  const addressToReturnTo = () => {
    const query = new URLSearchParams(search);
    const requestedSlug = query.get('organization');
    const requested = organizations.find(({ slug }) => slug === requestedSlug);
    const path = requested && findPage(query.get('page') ?? '')?.path;
    const slug = requested?.slug ?? (blockedSlugs.length === 1 ? blockedSlugs[0]! : null);
    return slug === null ? null : `/organizations/${slug}/${path ? `${path}/` : ''}`;
  };
  const noteBlocked = () =>
    setBlockedSlugs(organizations.flatMap(({ slug, blocked }) => (blocked === 'two-factor-required' ? [slug] : [])));
  const begin = async () => {
    noteBlocked();
    setSetup(await call(() => client.account.beginTotp()));
  };
  const renewCodes = async () => {
    setCodes((await call(() => client.account.renewRecoveryCodes()))?.codes ?? null);
    refresh();
  };
  const remove = async () => {
    await call(() => client.account.removeTotp(), passkeys.length > 0 ? 'Authenticator app removed' : 'Two-factor authentication disabled');
    refresh();
  };
  return (
    <section className="card account-card" aria-labelledby="second-factor" ref={section}>
      <h2 id="second-factor">Two-factor authentication</h2>
      {error || authenticators === null ? (
        <Unread what="your second factors" error={error} onRetry={refresh} />
      ) : first ? (
        <>
          <p className="account-state" data-on>
            <ShieldCheck size={17} aria-hidden />
            On since {formatDate(first.dateCreated)}. {describeLogin(totp !== null, passkeys.length > 0)}
          </p>
          <p className="account-state">
            {codesLeft < fewCodes && <TriangleAlert size={17} aria-hidden />}
            {describeCodes(codesLeft)}
          </p>
          <div className="account-actions">
            <Button onClick={renewCodes}>New recovery codes</Button>
            <Button onClick={begin}>{totp ? 'Set up another app' : 'Set up an app'}</Button>
            {totp && <Button onClick={() => setRemoving(true)}>{passkeys.length > 0 ? 'Remove the app' : 'Disable'}</Button>}
          </div>
        </>
      ) : (
        <>
          <p className="account-state">
            <ShieldOff size={17} aria-hidden />
            Off. You can’t open organizations that require it.
          </p>
          <div className="account-actions">
            <Button variant="primary" onClick={begin}>
              Enable
            </Button>
          </div>
        </>
      )}
      {authenticators !== null && !error && (
        <Passkeys
          passkeys={passkeys}
          hasApp={totp !== null}
          onChanged={(given) => {
            if (given) {
              setDestination(addressToReturnTo());
              setCodes(given);
            }
            refresh();
          }}
        />
      )}
      {setup && (
        <TotpDialog
          setup={setup}
          onEnrolled={(given) => {
            setSetup(null);
            setDestination(addressToReturnTo());
            setCodes(given);
            refresh();
          }}
          onClose={() => setSetup(null)}
        />
      )}
      {codes && (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes(null);
            if (destination !== null) navigate(destination);
          }}
        />
      )}
      {isRemoving &&
        (passkeys.length > 0 ? (
          <ConfirmDialog title="Remove the authenticator app?" action="Remove" onConfirm={remove} onClose={() => setRemoving(false)}>
            Your passkeys stay. You’ll be logged out on other devices.
          </ConfirmDialog>
        ) : (
          <ConfirmDialog title="Disable two-factor authentication?" action="Disable" onConfirm={remove} onClose={() => setRemoving(false)}>
            You’ll log in with just your password. You’ll immediately lose access to organizations that require 2FA, and you’ll be logged
            out on other devices.
          </ConfirmDialog>
        ))}
    </section>
  );
}
