import type { AccountEmail } from '@rollcall/client';
import { Mail } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { TextField } from '../../kit/field.tsx';
import { LoadingList } from '../../kit/states.tsx';
import { useSession } from '../../session/session.tsx';
import { sayDate } from '../../shell/time-words.ts';
import { useAccountCall, useAnswer } from './use-account-call.ts';
import { useAccountForm } from './use-account-form.ts';

/** One's addresses. Mails go to the primary one, which one also logs in with. */
export function Emails() {
  const { client, readMe } = useSession();
  const call = useAccountCall();
  const { errors, isBusy, submit } = useAccountForm('email');
  const [emails, readAgain] = useAnswer(() => client.account.emails());
  const [address, setAddress] = useState('');
  const then = async (change: () => Promise<unknown>, done: string) => {
    await call(change, done);
    readAgain();
    void readMe();
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const email = address.trim();
    if (email === '' || !(await submit(() => client.account.addEmail(email), `A link is on its way to ${email}`))) return;
    setAddress('');
    readAgain();
  };
  return (
    <section className="card account-card" aria-labelledby="emails">
      <h2 id="emails">E-mail addresses</h2>
      {emails === null ? (
        <LoadingList label="Loading your addresses" rows={1} />
      ) : (
        <ul className="account-list">
          {emails.map((email) => (
            <EmailItem key={email.id} email={email} onChange={then} />
          ))}
        </ul>
      )}
      <form className="account-line" onSubmit={add} noValidate>
        <TextField
          label="Add an address"
          type="email"
          autoComplete="email"
          placeholder="you@example.com"
          value={address}
          onValue={setAddress}
          error={errors.email}
        />
        <Button type="submit" isBusy={isBusy} whyNot={address.trim() === '' ? 'Type an address first.' : null}>
          Add
        </Button>
      </form>
    </section>
  );
}

interface EmailItemProps {
  readonly email: AccountEmail;
  onChange(change: () => Promise<unknown>, done: string): Promise<void>;
}

function EmailItem({ email: { id, email, isPrimary, isVerified, newUntil }, onChange }: EmailItemProps) {
  const { client } = useSession();
  const about = (what: string) => ({ 'aria-label': `${what}: ${email}` });
  return (
    <li>
      <Mail className="account-icon" size={17} aria-hidden />
      <span>
        {email} {isPrimary && <Badge tone="accent">Primary</Badge>}
        {!isVerified && <Badge tone="warn">Not confirmed</Badge>}
        {newUntil && <small>New: it gets no password links until {sayDate(newUntil)}.</small>}
      </span>
      <span className="account-item-actions">
        {!isVerified && (
          <Button
            isSmall
            {...about('Send the link again')}
            onClick={() => onChange(() => client.account.askToVerifyEmail(id), `A link is on its way to ${email}`)}
          >
            Send the link again
          </Button>
        )}
        {!isPrimary && (
          <>
            <Button
              isSmall
              {...about('Make primary')}
              whyNot={whyNotPrimary(isVerified, newUntil)}
              onClick={() => onChange(() => client.account.makeEmailPrimary(id), `${email} is your primary address now`)}
            >
              Make primary
            </Button>
            <Button isSmall {...about('Remove')} onClick={() => onChange(() => client.account.removeEmail(id), `${email} was removed`)}>
              Remove
            </Button>
          </>
        )}
      </span>
    </li>
  );
}

/** Where another person added it, the owner of the account has this long to remove it. */
function whyNotPrimary(isVerified: boolean, newUntil: string | null): string | null {
  if (!isVerified) return 'Confirm it first, by the link in the mail.';
  return newUntil && `It was confirmed only now. You can make it the primary one from ${sayDate(newUntil)} on.`;
}
