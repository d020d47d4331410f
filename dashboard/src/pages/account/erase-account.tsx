import { OrgError } from '@rollcall/client';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { explain } from '../../live/explain.ts';
import { leaveSession } from '../../session/log-in.ts';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';

/** The erasure of the account, which the user confirms by typing their address. */
export function EraseAccount() {
  const { me, client } = useSession();
  const withSudo = useSudo();
  const [isConfirming, setConfirming] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const erase = async () => {
    setRefusal(null);
    try {
      await withSudo(() => client.account.erase());
      leaveSession();
    } catch (error) {
      if (error instanceof OrgError && error.code !== 'aborted') setRefusal(explain(error));
      throw error;
    }
  };
  const open = () => {
    setRefusal(null);
    setConfirming(true);
  };
  return (
    <section className="card account-card" aria-labelledby="erase-account">
      <h2 id="erase-account">Erase your account</h2>
      <p className="account-state">Removes you from all organizations, and your name and email addresses from all records.</p>
      <div className="account-actions">
        <Button variant="danger" onClick={open}>
          Erase account
        </Button>
      </div>
      {isConfirming && (
        <ConfirmDialog
          title="Erase your account?"
          action="Erase account"
          typed={me.email}
          onConfirm={erase}
          onClose={() => setConfirming(false)}
        >
          {refusal === null ? (
            <>
              You leave all organizations, and are logged out everywhere. Your tokens stop working, and your invitations are withdrawn. Your
              name and addresses are replaced by “Erased user {me.id}”, also in audit logs and histories. Backups and downloaded files
              aren’t changed. This can’t be undone.
            </>
          ) : (
            <span className="rollcall-field-error" role="alert">
              {refusal}
            </span>
          )}
        </ConfirmDialog>
      )}
    </section>
  );
}
