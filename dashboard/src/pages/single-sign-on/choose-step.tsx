import type { AuthProviderChoice } from '@rollcall/client';
import { SelectField } from '../../kit/field.ts';
import { SettingRow } from '../../kit/section.tsx';
import { kindOf } from './config-draft.ts';
import { Step } from './step.tsx';

interface ChooseStepProps {
  readonly choices: readonly AuthProviderChoice[];
  /** The key of the chosen provider. Empty before. */
  readonly chosen: string;
  /** Null before the provider was saved. */
  readonly savedName: string | null;
  onChoose(key: string): void;
}

function labelOf({ key, name }: AuthProviderChoice): string {
  if (key === 'saml2') return 'Another SAML provider';
  if (key === 'oidc') return 'Another OpenID Connect provider';
  // The product has had both names.
  return withProtocol(key, key === 'active-directory' ? 'Entra ID or Active Directory' : name);
}

function withProtocol(key: string, name: string): string {
  return kindOf(key) === 'saml' ? `${name} (SAML)` : `${name} (OpenID Connect)`;
}

export function ChooseStep({ choices, chosen, savedName, onChoose }: ChooseStepProps) {
  return (
    <Step number={1} title="Choose the provider" description="Where your people log in." isDone={chosen !== ''} whyNot={null}>
      {savedName !== null ? (
        <SettingRow title={withProtocol(chosen, savedName)} hint="Remove it below to choose another provider.">
          {null}
        </SettingRow>
      ) : (
        <div className="section-form">
          <SelectField
            label="Identity provider"
            value={chosen}
            options={[{ value: '', label: 'Choose…' }, ...choices.map((one) => ({ value: one.key, label: labelOf(one) }))]}
            onValue={onChoose}
          />
        </div>
      )}
    </Step>
  );
}
