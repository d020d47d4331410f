import { OrgError } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { TextField } from '../../kit/field.tsx';
import { useSession } from '../../session/session.tsx';
import { EndTokensChoice } from './end-tokens-choice.tsx';
import { useAccountForm } from './use-account-form.ts';

/** The server's. */
const passwordLengthMin = 8;

export function Password({ onChanged }: { readonly onChanged: () => void }) {
  const { me, client } = useSession();
  const { errors, isBusy, submit } = useAccountForm('password');
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [endTokens, setEndTokens] = useState(false);
  const change = async (event: FormEvent) => {
    event.preventDefault();
    const send = () => client.account.changePassword(password, newPassword, { endTokens }).catch(nameRefusal);
    if (!(await submit(send, 'Your password was changed'))) return;
    setPassword('');
    setNewPassword('');
    onChanged();
  };
  const whyNot =
    password === ''
      ? 'Type your current password first.'
      : newPassword.length < passwordLengthMin
        ? `The new password needs ${passwordLengthMin} characters at least.`
        : null;
  return (
    <section className="card account-card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form onSubmit={change} noValidate>
        <input type="text" autoComplete="username" value={me.email} readOnly hidden />
        <div className="account-pair">
          <TextField
            label="Current password"
            type="password"
            autoComplete="current-password"
            value={password}
            onValue={setPassword}
            error={errors.password}
          />
          <TextField
            label="New password"
            type="password"
            autoComplete="new-password"
            value={newPassword}
            onValue={setNewPassword}
            error={errors.newPassword}
            hint={`${passwordLengthMin} characters at least. Your other sessions end.`}
          />
        </div>
        <EndTokensChoice isChosen={endTokens} onChange={setEndTokens} />
        <Button type="submit" isBusy={isBusy} whyNot={whyNot}>
          Change the password
        </Button>
      </form>
    </section>
  );
}

/** The server has no words for it, so that a page may choose its own. */
function nameRefusal(error: unknown): never {
  if (!(error instanceof OrgError) || error.code !== 'forbidden') throw error;
  throw new OrgError('forbidden', 'That is not your password.', { cause: error });
}
