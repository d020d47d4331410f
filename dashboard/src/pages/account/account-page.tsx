import { Avatar } from '../../kit/badge.tsx';
import { useSession } from '../../session/session.tsx';
import { PlainShell } from '../../shell/plain-shell.tsx';
import { ApiTokens } from './api-tokens.tsx';
import { Emails } from './emails.tsx';
import { Password } from './password.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';
import './account-page.css';

/** One's own account: one’s addresses, how one proves who one is, and where one is logged in. */
export default function AccountPage() {
  const { me } = useSession();
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
      <Password />
      <SecondFactor />
      <Sessions />
      <ApiTokens />
    </PlainShell>
  );
}
