import { apiLimits, type MemberRecord } from '@rollcall/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { setUp2faAddress } from '../../shell/regain-access.ts';
import type { SaveProvider } from './use-save-provider.ts';

interface RecoveryOwnersProps {
  readonly owners: readonly MemberRecord[];
  /** The member id of the user. Null if it is not known. */
  readonly ownId: string | null;
  readonly slug: string;
  readonly save: SaveProvider;
}

/** Chooses the owners who get in without the provider, for the day when it fails. */
export function RecoveryOwners({ owners, ownId, slug, save }: RecoveryOwnersProps) {
  /** The choice that is being saved. */
  const [saving, setSaving] = useState<{ readonly id: string; readonly isChosen: boolean } | null>(null);
  const chosen = owners.filter(({ isRecoveryOwner }) => isRecoveryOwner).map(({ id }) => id);
  const change = async (id: string, isChosen: boolean) => {
    if (saving) return;
    setSaving({ id, isChosen });
    await save({ recovery_members: isChosen ? [...chosen, id] : chosen.filter((other) => other !== id) });
    setSaving(null);
  };
  return (
    <fieldset className="recovery-owners">
      <legend>Recovery owners</legend>
      <p className="rollcall-field-hint">
        Up to {apiLimits.recoveryOwnersMax} owners who can still log in with their password and 2FA if the provider fails.
      </p>
      <ul>
        {owners.map((owner) => (
          <li key={owner.id}>
            <RecoveryChoice
              owner={owner}
              setUpAddress={owner.id === ownId ? setUp2faAddress(slug, 'single-sign-on') : null}
              isChosen={saving?.id === owner.id ? saving.isChosen : owner.isRecoveryOwner === true}
              isFull={chosen.length >= apiLimits.recoveryOwnersMax}
              onChange={(isChosen) => void change(owner.id, isChosen)}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

interface RecoveryChoiceProps {
  readonly owner: MemberRecord;
  /** Where the user sets up 2FA. Null for other owners. */
  readonly setUpAddress: string | null;
  readonly isChosen: boolean;
  readonly isFull: boolean;
  onChange(isChosen: boolean): void;
}

function RecoveryChoice({ owner: { name, email, user }, setUpAddress, isChosen, isFull, onChange }: RecoveryChoiceProps) {
  const needs2fa = !isChosen && user?.has2fa !== true;
  const whyNot = needs2fa ? 'Needs 2FA first.' : !isChosen && isFull ? `${apiLimits.recoveryOwnersMax} are chosen already.` : null;
  const who = (
    <span>
      {name} <small>{whyNot ?? email}</small> {needs2fa && setUpAddress !== null && <Link href={setUpAddress}>Set up 2FA</Link>}
    </span>
  );
  if (whyNot !== null) return <span className="check-line">{who}</span>;
  return (
    <label className="check-line">
      <input type="checkbox" checked={isChosen} onChange={(event) => onChange(event.target.checked)} />
      {who}
    </label>
  );
}
