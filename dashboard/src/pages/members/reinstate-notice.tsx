import { type OrganizationState, OrgError } from '@rollcall/client';
import { ShieldAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { useToasts } from '../../kit/toasts.tsx';
import { isBlocked } from '../../live/blocked-members.ts';
import { useCommands } from '../../live/commands.tsx';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import './reinstate-notice.css';

const selectRequires2fa = ({ organization }: OrganizationState) => organization?.require2FA ?? true;

const skippedReasons: Readonly<Record<string, string>> = {
  'two-factor-required': '2FA is required again',
  'user-inactive': 'their account is deactivated',
  'role-not-assignable': 'their role is higher than yours',
};

/** Offers to restore the members who stay blocked after 2FA is no longer required. Draws nothing where there are none. */
export function ReinstateNotice() {
  const org = useOrganization();
  const { run } = useCommands();
  const toasts = useToasts();
  const { allowed } = useCan('member:admin');
  const requires2fa = useOrgState(selectRequires2fa);
  const invites = useOrgState((state) => state.invites);
  const blocked = useMemo(() => invites.filter(isBlocked), [invites]);
  const [isBusy, setBusy] = useState(false);
  if (!allowed || requires2fa || blocked.length === 0) return null;
  const isOne = blocked.length === 1;
  const reinstate = async () => {
    setBusy(true);
    const ids = blocked.map(({ id }) => id);
    try {
      const { data } = await run({ send: () => org.reinstateMembers(ids), keys: ids.map((id) => `member:${id}`) });
      const missed = data.skipped.filter(({ reason }) => reason !== 'not-blocked');
      toasts.show({ text: resultWords(data.reinstated.length, missed), isError: missed.length > 0 });
    } catch (error) {
      // A refusal was shown.
      if (!(error instanceof OrgError)) throw error;
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card reinstate-notice" aria-label="Blocked members">
      <ShieldAlert size={17} aria-hidden />
      <p>
        {isOne ? '1 person is' : `${blocked.length.toLocaleString('en')} people are`} still blocked because they had no 2FA. This
        organization no longer requires it.
      </p>
      <Button isSmall isBusy={isBusy} onClick={reinstate}>
        Let {isOne ? 'this person' : `these ${blocked.length.toLocaleString('en')} people`} back in
      </Button>
    </section>
  );
}

function resultWords(count: number, missed: readonly { readonly reason: string }[]): string {
  const done = `${count === 1 ? '1 person is' : `${count.toLocaleString('en')} people are`} back in`;
  if (missed.length === 0) return done;
  const reasons = [...new Set(missed.map(({ reason }) => skippedReasons[reason] ?? reason))].join(', ');
  return `${done}. ${missed.length.toLocaleString('en')} could not be let in: ${reasons}.`;
}
