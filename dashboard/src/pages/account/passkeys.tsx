import type { Authenticator } from '@rollcall/client';
import { Fingerprint } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { whyNoPasskeys } from '../../session/passkeys.ts';
import { useSession } from '../../session/session.tsx';
import { formatAge, formatDate } from '../../shell/format-time.ts';
import { AddPasskeyDialog, RenamePasskeyDialog } from './passkey-dialog.tsx';
import { useAccountCall } from './use-account-call.ts';

interface PasskeysProps {
  readonly passkeys: readonly Authenticator[];
  /** Whether the user has an authenticator app, which stays as a second factor. */
  readonly hasApp: boolean;
  /** @param codes new recovery codes, which the user has to save. Null without them. */
  onChanged(codes: readonly string[] | null): void;
}

/** The user's passkeys, by name. */
export function Passkeys({ passkeys, hasApp, onChanged }: PasskeysProps) {
  const { client } = useSession();
  const call = useAccountCall();
  const [isAdding, setAdding] = useState(false);
  const [renamed, setRenamed] = useState<Authenticator | null>(null);
  const [removed, setRemoved] = useState<Authenticator | null>(null);
  const problem = whyNoPasskeys();
  const remove = async ({ id, name }: Authenticator) => {
    await call(() => client.account.removePasskey(id), `Removed ${name}`);
    onChanged(null);
  };
  const isLast = passkeys.length === 1 && !hasApp;
  return (
    <>
      <h3 className="account-part">Passkeys</h3>
      <p className="account-about">Log in with your fingerprint, face or PIN, without your password. A passkey also counts as 2FA.</p>
      {passkeys.length > 0 && (
        <ul className="account-list">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <Fingerprint className="account-icon" size={17} aria-hidden />
              <span>
                {passkey.name}
                <small>
                  Added on {formatDate(passkey.dateCreated)} ·{' '}
                  {passkey.dateUsed === null ? 'never used' : `last used ${formatAge(Date.now() - Date.parse(passkey.dateUsed))}`}
                </small>
              </span>
              <span className="account-item-actions">
                <Button isSmall aria-label={`Rename ${passkey.name}`} onClick={() => setRenamed(passkey)}>
                  Rename
                </Button>
                <Button isSmall aria-label={`Remove ${passkey.name}`} onClick={() => setRemoved(passkey)}>
                  Remove
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {problem ? (
        <p className="account-about account-problem">{problem}</p>
      ) : (
        <div className="account-actions">
          <Button onClick={() => setAdding(true)}>Add a passkey</Button>
        </div>
      )}
      {isAdding && (
        <AddPasskeyDialog
          onAdded={(codes) => {
            setAdding(false);
            onChanged(codes);
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {renamed && (
        <RenamePasskeyDialog
          id={renamed.id}
          name={renamed.name}
          onRenamed={() => {
            setRenamed(null);
            onChanged(null);
          }}
          onClose={() => setRenamed(null)}
        />
      )}
      {removed && (
        <ConfirmDialog title={`Remove ${removed.name}?`} action="Remove" onConfirm={() => remove(removed)} onClose={() => setRemoved(null)}>
          You can’t log in with this passkey any more, and you’ll be logged out on other devices.
          {isLast &&
            ' It is your only second factor: your recovery codes are removed too, and you lose access to organizations that require 2FA.'}
        </ConfirmDialog>
      )}
    </>
  );
}
