import type { TotpSetup } from '@rollcall/client';
import { ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { EmptyState } from '../../kit/states.tsx';
import { productName } from '../../product-name.ts';
import { logOut } from '../../session/log-in.ts';
import { whyNoPasskeys } from '../../session/passkeys.ts';
import { useSession } from '../../session/session.tsx';
import SudoDialog from '../../session/sudo-dialog.tsx';
import { AddPasskeyDialog } from './passkey-dialog.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { TotpDialog } from './totp-dialog.tsx';
import { useAccountCall } from './use-account-call.ts';

const texts = {
  setup: {
    title: 'Set up two-factor authentication',
    text: 'This server requires it. You need an authenticator app, for example on your phone, or a passkey. Then you can continue.',
    action: 'Set up 2FA',
  },
  code: {
    title: 'Enter a code to continue',
    text: 'This server requires two-factor authentication, and your login had no code or passkey.',
    action: 'Enter a code',
  },
} as const;

/** Replaces every page while the session lacks a second factor that the server requires. */
export default function SecondFactorPage({ needed }: { readonly needed: 'setup' | 'code' }) {
  const { client, forget, readMe } = useSession();
  const call = useAccountCall();
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [isAdding, setAdding] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { title, text, action } = texts[needed];
  useEffect(() => {
    document.title = `${title} · ${productName}`;
  }, [title]);
  const begin = async () => {
    if (needed === 'code') setAsking(true);
    else setSetup(await call(() => client.account.beginTotp()));
  };
  return (
    <main className="starting">
      <EmptyState
        icon={ShieldCheck}
        level={1}
        title={title}
        action={
          <>
            <Button variant="primary" onClick={begin}>
              {action}
            </Button>
            {needed === 'setup' && whyNoPasskeys() === null && <Button onClick={() => setAdding(true)}>Add a passkey</Button>}
            <Button onClick={() => call(() => logOut(client, forget))}>Log out</Button>
          </>
        }
      >
        {text}
      </EmptyState>
      {setup && (
        <TotpDialog
          setup={setup}
          onEnrolled={(given) => {
            setSetup(null);
            setCodes(given);
          }}
          onClose={() => setSetup(null)}
        />
      )}
      {isAdding && (
        <AddPasskeyDialog
          onAdded={(given) => {
            setAdding(false);
            if (given) setCodes(given);
            else void readMe();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => void readMe()} />}
      {isAsking && <SudoDialog cause={null} onProven={() => void readMe()} onClose={() => setAsking(false)} />}
    </main>
  );
}
