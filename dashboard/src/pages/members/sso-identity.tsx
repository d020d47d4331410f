import type { MemberRecord } from '@rollcall/client';
import { useState } from 'react';
import { describeEnded, receiptMsMax } from '../../bulk/describe-ended.ts';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import { formatDate } from '../../shell/format-time.ts';

interface SsoIdentityProps {
  readonly member: MemberRecord;
  readonly isOwn: boolean;
}

type Ending = 'relink' | 'unlink';

/** The identity of a linked member at the identity provider, and the actions that end it. */
export function SsoIdentity({ member, isOwn }: SsoIdentityProps) {
  const org = useOrganization();
  const isInvalid = member.flags['sso:invalid'];
  const { result: identity, error } = useRead((options) => org.read.ssoIdentity(member.id, options), org, member.id, isInvalid);
  const [ending, setEnding] = useState<Ending | null>(null);
  return (
    <>
      <h2>Single sign-on</h2>
      {isInvalid && (
        <p className="member-panel-sso">
          <Badge tone="warn">SSO broken</Badge> {isOwn ? 'You have' : `${member.name} has`} to link this identity again.
        </p>
      )}
      {error && <p role="alert">Couldn’t read the identity. {explain(error, false)}</p>}
      {identity && (
        <>
          <dl>
            <Fact name="Subject" value={identity.subject} />
            <Fact
              name="Email"
              value={identity.email === null ? 'Not provided' : describeAddress(identity.email, identity.isEmailVerified)}
            />
            <Fact name="Linked" value={formatDate(identity.dateLinked)} />
            <Fact name="Last login" value={identity.lastLogin === null ? 'Never' : formatDate(identity.lastLogin)} />
          </dl>
          <span className="row-actions member-panel-sso">
            {!isInvalid && (
              <Button isSmall onClick={() => setEnding('relink')}>
                Require linking again
              </Button>
            )}
            <Button isSmall onClick={() => setEnding('unlink')}>
              Unlink
            </Button>
          </span>
        </>
      )}
      {ending && <EndDialog ending={ending} member={member} isOwn={isOwn} onClose={() => setEnding(null)} />}
    </>
  );
}

function describeAddress(email: string, isVerified: boolean): string {
  return isVerified ? email : `${email} (not verified)`;
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="member-panel-fact">{value}</dd>
    </div>
  );
}

interface EndDialogProps extends SsoIdentityProps {
  readonly ending: Ending;
  onClose(): void;
}

function EndDialog({ ending, member, isOwn, onClose }: EndDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const requiresSso = useOrgState((state) => state.organization?.requiresSso === true);
  const whose = isOwn ? 'your' : `${member.name}’s`;
  const mustLink = isOwn ? 'You have to link it again' : `${member.name} has to link it again`;
  const end = () => {
    const options = { wait: receiptMsMax };
    const send = async () =>
      ending === 'relink' ? org.invalidateSsoIdentity(member.id, options) : org.unlinkSsoIdentity(member.id, options);
    const done = ending === 'relink' ? mustLink : `Unlinked ${whose} identity`;
    return run<unknown>({ send, keys: [`member:${member.id}`], done: (_, applied) => `${done}${describeEnded(applied)}` });
  };
  const untilThen = requiresSso ? ' to open this organization.' : ' to log in with it.';
  return (
    <ConfirmDialog
      title={ending === 'relink' ? `Require ${isOwn ? 'yourself' : member.name} to link again?` : `Unlink ${whose} identity?`}
      action={ending === 'relink' ? 'Require linking again' : 'Unlink'}
      onConfirm={end}
      onClose={onClose}
    >
      {isOwn ? 'Your logins' : `The logins of ${member.name}`} with this identity end now. {mustLink}
      {untilThen}
    </ConfirmDialog>
  );
}
