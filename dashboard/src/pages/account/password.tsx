import { apiLimits, OrgError } from '@rollcall/client';
import { type FormEvent, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { useSession } from '../../session/session.tsx';
import { EndTokensChoice } from './end-tokens-choice.tsx';
import { useAccountForm } from './use-account-form.ts';

export function Password({ onChanged }: { readonly onChanged: () => void }) {
  const { me, client } = useSession();
  const { errors, isBusy, submit } = useAccountForm('password', 'newPassword');
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [endTokens, setEndTokens] = useState(false);
  const change = async (event: FormEvent) => {
    event.preventDefault();
    const send = () => client.account.changePassword(password, newPassword, { endTokens }).catch(nameRefusal);
    if (!(await submit(send, 'Password changed'))) return;
    setPassword('');
    setNewPassword('');
    onChanged();
  };
  const whyNot =
    password === ''
      ? 'Enter your current password.'
      : newPassword.length < apiLimits.passwordLengthMin
        ? `The new password needs at least ${apiLimits.passwordLengthMin} characters.`
        : null;
  return (
    <section className="card account-card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form unsaved={password !== '' || newPassword !== '' ? 'new password' : null} isBusy={isBusy} onSubmit={change} noValidate>
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
            hint={`At least ${apiLimits.passwordLengthMin} characters, and not a common password, your name or your address. You’ll be logged out on other devices.`}
          />
        </div>
        <EndTokensChoice isChosen={endTokens} onChange={setEndTokens} />
        <Button type="submit" isBusy={isBusy} whyNot={whyNot}>
          Change password
        </Button>
      </Form>
    </section>
  );
}

/** The API's response to a wrong password has a code and no text. */
function nameRefusal(error: unknown): never {
  if (!(error instanceof OrgError) || error.code !== 'forbidden') throw error;
  throw new OrgError('forbidden', 'Wrong password.', { cause: error });
}
