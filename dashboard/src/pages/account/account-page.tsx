import { useState } from 'react';
import { Avatar } from '../../kit/badge.ts';
import { useSession } from '../../session/session.tsx';
import PlainShell from '../../shell/plain-shell.tsx';
import { ApiTokens } from './api-tokens.tsx';
import { Emails } from './emails.tsx';
import { EraseAccount } from './erase-account.tsx';
import { Password } from './password.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';
import './account-page.css';

/** The user's account: email addresses, credentials, sessions and tokens. */
export default function AccountPage() {
  const { me } = useSession();
  // A new password also ends sessions and tokens, and ending a session can end tokens. The keys
  // read these lists again.
  const [passwordChanges, setPasswordChanges] = useState(0);
  const [sessionsEnded, setSessionsEnded] = useState(0);
  return (
    <PlainShell title="Your account">
      <h1>Your account</h1>
      <div className="card account-card account-self">
        <Avatar name={me.name} id={me.id} />
        <span>
          <strong>{me.name}</strong>
          <small>{me.email}</small>
        </span>
      </div>
      <Emails />
      <Password onChanged={() => setPasswordChanges((count) => count + 1)} />
      <SecondFactor />
      <Sessions key={`sessions-${passwordChanges}`} onEnded={() => setSessionsEnded((count) => count + 1)} />
      <ApiTokens key={`tokens-${passwordChanges}-${sessionsEnded}`} />
      <EraseAccount />
    </PlainShell>
  );
}
