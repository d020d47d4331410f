import { type MemberRecord, OrgError } from '@rollcall/client';
import { ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { useToasts } from '../../kit/toast-context.ts';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import './reinstate-offer.css';

const skippedReasons: Readonly<Record<string, string>> = {
  'two-factor-required': '2FA is required again',
  'user-inactive': 'their account is deactivated',
  'role-not-assignable': 'their role is higher than yours',
};

/** Offers to restore members who are still blocked although 2FA is no longer required. */
export default function ReinstateOffer({ blocked }: { readonly blocked: readonly MemberRecord[] }) {
  const org = useOrganization();
  const { run } = useCommands();
  const toasts = useToasts();
  const [isBusy, setBusy] = useState(false);
  const isOne = blocked.length === 1;
  const reinstate = async () => {
    setBusy(true);
    const ids = blocked.map(({ id }) => id);
    try {
      const { data } = await run({ send: () => org.reinstateMembers(ids), keys: ids.map((id) => `member:${id}`) });
      const missed = data.skipped.filter(({ reason }) => reason !== 'not-blocked');
      toasts.show({ text: describeResult(data.reinstated.length, missed), isError: missed.length > 0 });
    } catch (error) {
      // The error was shown.
      if (!(error instanceof OrgError)) throw error;
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card reinstate-offer" aria-label="Blocked members">
      <ShieldAlert size={17} aria-hidden />
      <p>
        {isOne ? '1 person is' : `${blocked.length.toLocaleString('en')} people are`} still blocked for not having 2FA, which this
        organization no longer requires.
      </p>
      <Button isSmall isBusy={isBusy} onClick={reinstate}>
        Restore access for {isOne ? 'this person' : `these ${blocked.length.toLocaleString('en')} people`}
      </Button>
    </section>
  );
}

function describeResult(count: number, missed: readonly { readonly reason: string }[]): string {
  const done = `${count === 1 ? '1 person has' : `${count.toLocaleString('en')} people have`} access again`;
  if (missed.length === 0) return done;
  const reasons = [...new Set(missed.map(({ reason }) => skippedReasons[reason] ?? reason))].join(', ');
  return `${done}. The access of ${missed.length.toLocaleString('en')} couldn’t be restored: ${reasons}.`;
}
