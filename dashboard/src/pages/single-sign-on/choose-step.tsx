import type { AuthProviderChoice } from '@rollcall/client';
import { SelectField } from '../../kit/field.tsx';
import { SettingRow } from '../../kit/section.tsx';
import { Step } from './step.tsx';

interface ChooseStepProps {
  readonly choices: readonly AuthProviderChoice[];
  /** The key of the chosen provider. Empty before. */
  readonly chosen: string;
  readonly isSaved: boolean;
  onChoose(key: string): void;
}

const protocolOf = ({ requiredFeature, key }: AuthProviderChoice) =>
  requiredFeature.endsWith('saml2') ? ' (SAML)' : key === 'google' ? ' (OpenID Connect)' : '';

const nameOfChoice = ({ key, name }: AuthProviderChoice) =>
  key === 'saml2' ? 'Another SAML provider' : key === 'oidc' ? 'Another OpenID Connect provider' : name;

export function ChooseStep({ choices, chosen, isSaved, onChoose }: ChooseStepProps) {
  const choice = choices.find(({ key }) => key === chosen);
  return (
    <Step number={1} title="Choose the provider" description="Where your people log in." isDone={chosen !== ''} whyNot={null}>
      {isSaved ? (
        <SettingRow title={choice?.name ?? chosen} hint="Remove it below to choose another provider.">
          {null}
        </SettingRow>
      ) : (
        <div className="section-form">
          <SelectField
            label="Identity provider"
            value={chosen}
            options={[
              { value: '', label: 'Choose…' },
              ...choices.map((one) => ({
                value: one.key,
                label: one.key === 'saml2' || one.key === 'oidc' ? nameOfChoice(one) : `${one.name}${protocolOf(one)}`,
              })),
            ]}
            onValue={onChoose}
          />
        </div>
      )}
    </Step>
  );
}
