import type { AccountEmail } from '@rollcall/client';
import { Mail } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { useRead } from '../../live/use-read.ts';
import { useSession } from '../../session/session.tsx';
import { formatDate } from '../../shell/format-time.ts';
import { Unread } from './unread.tsx';
import { useAccountCall } from './use-account-call.ts';
import { useAccountForm } from './use-account-form.ts';

/** The user's email addresses. The primary one receives emails and is used to log in. */
export function Emails() {
  const { client, readMe } = useSession();
  const call = useAccountCall();
  const { errors, isBusy, submit } = useAccountForm('email');
  const { result: emails, error, refresh } = useRead(() => client.account.emails());
  const [address, setAddress] = useState('');
  const then = async (change: () => Promise<unknown>, done: string) => {
    await call(change, done);
    refresh();
    void readMe();
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const email = address.trim();
    if (email === '' || !(await submit(() => client.account.addEmail(email), `Confirmation link sent to ${email}`))) return;
    setAddress('');
    refresh();
  };
  return (
    <section className="card account-card" aria-labelledby="emails">
      <h2 id="emails">Email addresses</h2>
      {error || emails === null ? (
        <Unread what="your addresses" error={error} onRetry={refresh} />
      ) : (
        <ul className="account-list">
          {emails.map((email) => (
            <EmailItem key={email.id} email={email} onChange={then} />
          ))}
        </ul>
      )}
      <Form unsaved={address.trim() !== '' ? 'new email address' : null} isBusy={isBusy} className="account-line" onSubmit={add} noValidate>
        <TextField
          label="Add an email address"
          type="email"
          autoComplete="email"
          placeholder="you@example.com"
          value={address}
          onValue={setAddress}
          error={errors.email}
        />
        <Button type="submit" isBusy={isBusy} whyNot={address.trim() === '' ? 'Enter an email address.' : null}>
          Add
        </Button>
      </Form>
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
        {!isVerified && <Badge tone="warn">Unconfirmed</Badge>}
        {newUntil && <small>New address. It can’t be used to reset your password until {formatDate(newUntil)}.</small>}
      </span>
      <span className="account-item-actions">
        {!isVerified && (
          <Button
            isSmall
            {...about('Resend link')}
            onClick={() => onChange(() => client.account.askToVerifyEmail(id), `Confirmation link sent to ${email}`)}
          >
            Resend link
          </Button>
        )}
        {!isPrimary && (
          <>
            <Button
              isSmall
              {...about('Make primary')}
              whyNot={whyNotPrimary(isVerified, newUntil)}
              onClick={() => onChange(() => client.account.makeEmailPrimary(id), `${email} is now your primary address`)}
            >
              Make primary
            </Button>
            <Button isSmall {...about('Remove')} onClick={() => onChange(() => client.account.removeEmail(id), `Removed ${email}`)}>
              Remove
            </Button>
          </>
        )}
      </span>
    </li>
  );
}

/**
 * An address that someone else added to the account must not become primary before the account's
 * owner had time to remove it.
 */
function whyNotPrimary(isVerified: boolean, newUntil: string | null): string | null {
  if (!isVerified) return 'Confirm this address first, using the link we emailed you.';
  return newUntil && `You can make this address primary from ${formatDate(newUntil)}.`;
}
