import type { OrganizationRecord } from '@rollcall/client';
import { type ReactNode, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { ReadOnlyRow } from '../../kit/section.tsx';
import { SwitchRow } from '../../kit/switch.tsx';
import { ChangedBy } from '../../live/changed-by.tsx';
import { useOrgState, useOwnMember } from '../../live/organization.tsx';
import { nameOfSetting } from '../../live/setting-names.ts';
import { useHighlight } from '../../live/use-highlight.ts';
import type { EditOutcome, OrganizationEdit } from '../../live/use-organization-edit.tsx';
import { setUp2faAddress } from '../../shell/regain-access.ts';
import { type Effect, effectOf } from './flag-effects.ts';
import type { FlagText } from './flag-texts.ts';

interface FlagSwitchProps extends FlagText {
  readonly organization: OrganizationRecord;
  readonly whyNot: string | null;
  save(edit: OrganizationEdit): Promise<EditOutcome>;
}

/** A longer list of names would be hard to read. */
const namesMax = 6;

export function FlagSwitch({ flag, hint, actions, organization, whyNot, save }: FlagSwitchProps) {
  const [saving, setSaving] = useState<boolean | null>(null);
  /** The value to confirm. */
  const [asked, setAsked] = useState<boolean | null>(null);
  const [error, setError] = useState<string | null>(null);
  const highlight = useHighlight(`flag:${flag}`);
  const isOn = organization[flag];
  // Another admin made the same change. The dialog must not offer the opposite one.
  if (asked === isOn) setAsked(null);
  const effect = useFlagEffect(flag, !isOn);
  const hasSecondFactor = useOwnMember()?.user?.has2fa ?? false;
  const label = nameOfSetting(flag);
  // The server refuses this from an admin without 2FA, so there is nothing to confirm first.
  const isRefused = flag === 'require2FA' && !isOn && !hasSecondFactor;

  const send = async (next: boolean) => {
    setSaving(next);
    const outcome = await save({
      what: label,
      base: { [flag]: !next },
      mine: { [flag]: next },
      keys: [`flag:${flag}`],
      show: (values) => (values[flag] ? 'On' : 'Off'),
    });
    setError(typeof outcome === 'string' ? null : (outcome[flag] ?? null));
    setSaving(null);
  };
  // While a change is being saved, the effect shown still describes the old value.
  const change = (next: boolean) => saving === null && (effect?.isDangerous && !isRefused ? setAsked(next) : void send(next));
  if (whyNot !== null) return <ReadOnlyRow title={label} hint={hint} isChanged={highlight !== null} value={isOn ? 'On' : 'Off'} />;
  const action = actions?.[isOn ? 1 : 0];
  return (
    <>
      <SwitchRow
        label={label}
        hint={
          <>
            {hint}
            <span className="flag-effect" data-dangerous={effect?.isDangerous || undefined}>
              {effect?.text} <ChangedBy highlight={highlight} />
            </span>
          </>
        }
        isOn={saving ?? isOn}
        isChanged={highlight !== null}
        error={error && <Refusal flag={flag} slug={organization.slug} text={error} />}
        onChange={change}
      />
      {asked !== null && effect && action && (
        <ConfirmDialog title={`${action}?`} action={action} onConfirm={() => send(asked)} onClose={() => setAsked(null)}>
          {effect.text} {nameThem(effect)}
        </ConfirmDialog>
      )}
    </>
  );
}

function Refusal({ flag, slug, text }: { readonly flag: string; readonly slug: string; readonly text: string }): ReactNode {
  return (
    <>
      {text}
      {flag === 'require2FA' && (
        <>
          {' '}
          <Link href={setUp2faAddress(slug, 'security')}>Set up 2FA</Link>
        </>
      )}
    </>
  );
}

function nameThem({ who }: Effect): string {
  if (who.length === 0) return '';
  const names = who.slice(0, namesMax).map(({ name }) => name);
  const more = who.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}.`;
}

/** Computed again when members or their access change. */
function useFlagEffect(flag: FlagText['flag'], next: boolean): Effect | null {
  const members = useOrgState((state) => state.members);
  const projects = useOrgState((state) => state.projects);
  const projectTeams = useOrgState((state) => state.projectTeams);
  const teamMembers = useOrgState((state) => state.teamMembers);
  return useMemo(
    () => effectOf(flag, next, { members, projects, projectTeams, teamMembers }),
    [flag, next, members, projects, projectTeams, teamMembers],
  );
}
