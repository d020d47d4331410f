import type { AuthProviderDetails, OrganizationState } from '@rollcall/client';
import { useMemo, useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { SettingRow } from '../../kit/section.tsx';
import { explain } from '../../live/explain.ts';
import { useOrgState, useOwnMember } from '../../live/organization.tsx';
import { ssoLoginAddress } from '../../shell/regain-access.ts';
import { effectOfRequiring, namesOf } from './impact-texts.ts';
import { RecoveryOwners } from './recovery-owners.tsx';
import { whyNotOpen, whyNotRequire } from './require-reasons.ts';
import { Step } from './step.tsx';
import { useImpact } from './use-impact.ts';
import { useOwnLogin } from './use-own-login.ts';
import type { SaveProvider } from './use-save-provider.ts';

interface RequireStepProps {
  /** Null before the provider was saved. */
  readonly details: AuthProviderDetails | null;
  readonly slug: string;
  readonly save: SaveProvider;
}

export function RequireStep({ details, slug, save }: RequireStepProps) {
  const isActive = details?.status === 'active';
  return (
    <Step
      number={6}
      title="Require it"
      description="Members can then open the organization only after they log in with the provider."
      isDone={isActive && details.requireLink}
      whyNot={whyNotOpen(details)}
    >
      {isActive && <Requirement details={details} slug={slug} save={save} />}
    </Step>
  );
}

const membersOf = (state: OrganizationState) => state.members;

function Requirement({ details: { name, requireLink }, slug, save }: RequireStepProps & { readonly details: AuthProviderDetails }) {
  const { result: impact, error } = useImpact();
  const members = useOrgState(membersOf);
  const owners = useMemo(() => members.filter(({ orgRole }) => orgRole === 'owner'), [members]);
  const me = useOwnMember();
  const [isConfirming, setConfirming] = useState(false);
  const isLinked = me?.flags['sso:linked'] === true && !me.flags['sso:invalid'];
  const lastLogin = useOwnLogin(isLinked ? me.id : null);
  const reasons = whyNotRequire({ providerName: name, isLinked, lastLogin, owners, now: Date.now() });
  const loginAddress = ssoLoginAddress(slug, `/organizations/${slug}/single-sign-on/`);
  const effect = impact && effectOfRequiring(impact);
  return (
    <>
      <SettingRow
        title="Your own account"
        hint={isLinked ? `Linked to ${name}.` : `Log in with ${name} once to link it. Otherwise you would lock yourself out.`}
      >
        <span className="section-actions">
          {isLinked && <Badge tone="good">Linked</Badge>}
          <a className="rollcall-button" href={loginAddress}>
            {isLinked ? 'Log in again' : 'Link your account'}
          </a>
        </span>
      </SettingRow>
      <div className="section-form">
        <RecoveryOwners owners={owners} ownId={me?.id ?? null} slug={slug} save={save} />
        {error && (
          <p className="rollcall-field-error" role="alert">
            Couldn’t load who is affected. {explain(error, false)}
          </p>
        )}
        {!requireLink && (
          <p className="impact" role="status" data-dangerous={(impact && impact.members.unlinked > 0) || undefined}>
            {effect ? `If you require it now: ${effect}` : 'Loading who is affected…'}
          </p>
        )}
        {impact && impact.unlinked.length > 0 && (
          <p className="step-note">
            Not linked:{' '}
            {namesOf(
              impact.unlinked.map((member) => member.name),
              impact.members.unlinked,
            )}
            .
          </p>
        )}
      </div>
      <SettingRow
        title={requireLink ? 'Single sign-on is required' : 'Single sign-on is optional'}
        hint={
          requireLink
            ? 'Members who aren’t linked can’t open the organization.'
            : ['Members can also log in with their password.', ...reasons].join(' ')
        }
      >
        {requireLink ? (
          <Button onClick={() => save({ require_link: false }, 'Single sign-on is optional now')}>Make it optional</Button>
        ) : (
          <Button variant="primary" whyNot={reasons.join(' ')} onClick={() => setConfirming(true)}>
            Require it
          </Button>
        )}
      </SettingRow>
      {isConfirming && (
        <ConfirmDialog
          title="Require single sign-on?"
          action="Require it"
          onConfirm={() => save({ require_link: true }, 'Single sign-on is required now')}
          onClose={() => setConfirming(false)}
        >
          {effect ?? 'Couldn’t find out who is affected.'} Members who aren’t linked get an email that explains how to link. Recovery owners
          keep their access.
        </ConfirmDialog>
      )}
    </>
  );
}
