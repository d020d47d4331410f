import { SelectField, TextAreaField, TextField } from '../../kit/field.ts';
import type { ConfigDraft } from './config-draft.ts';

export interface ConfigFieldsProps {
  readonly draft: ConfigDraft;
  /** The errors by key of the configuration. */
  readonly errors: Readonly<Record<string, string>>;
  onChange(changes: Partial<ConfigDraft>): void;
}

const sources = [
  { value: 'url', label: 'Metadata URL' },
  { value: 'xml', label: 'Metadata XML' },
  { value: 'values', label: 'Individual values' },
];

const signatures = [
  { value: 'assertion', label: 'The assertion' },
  { value: 'response', label: 'The response' },
  { value: 'both', label: 'Both' },
];

export const plain = { autoComplete: 'off', spellCheck: false } as const;

export function SamlFields({ draft, errors, onChange }: ConfigFieldsProps) {
  return (
    <>
      <SelectField
        label="Enter the provider’s values as"
        value={draft.source}
        options={sources}
        onValue={(source) => onChange({ source: source as ConfigDraft['source'] })}
      />
      {draft.source === 'url' && (
        <TextField
          label="Metadata URL"
          hint="The server reads the provider’s values from it when you save."
          error={errors.metadata_url ?? errors.url}
          type="url"
          value={draft.metadataUrl}
          onValue={(metadataUrl) => onChange({ metadataUrl })}
          {...plain}
        />
      )}
      {draft.source === 'xml' && (
        <TextAreaField
          label="Metadata XML"
          error={errors.metadata_xml ?? errors.xml}
          value={draft.metadataXml}
          onValue={(metadataXml) => onChange({ metadataXml })}
          rows={6}
          {...plain}
        />
      )}
      {draft.source === 'values' && <SamlValues draft={draft} errors={errors} onChange={onChange} />}
      <details className="more-options" open={errors.signed || errors.attributes || errors.authn_contexts ? true : undefined}>
        <summary>More options</summary>
        <SelectField
          label="The provider must sign"
          error={errors.signed}
          value={draft.signed}
          options={signatures}
          onValue={(signed) => onChange({ signed: signed as ConfigDraft['signed'] })}
        />
        <label className="check-line">
          <input type="checkbox" checked={draft.encrypt} onChange={(event) => onChange({ encrypt: event.target.checked })} />
          Refuse assertions that are not encrypted
        </label>
        <TextAreaField
          label="Required login at the provider (AuthnContextClassRef)"
          hint="URIs, one per line. Other logins are refused. Leave this empty to accept every login."
          error={errors.authn_contexts}
          value={draft.contexts}
          onValue={(contexts) => onChange({ contexts })}
          rows={2}
          {...plain}
        />
        <AttributeNames draft={draft} errors={errors} onChange={onChange} />
      </details>
    </>
  );
}

function SamlValues({ draft, errors, onChange }: ConfigFieldsProps) {
  return (
    <>
      <TextField
        label="Entity ID of the provider"
        hint="Also called issuer."
        error={errors.entity_id}
        value={draft.entityId}
        onValue={(entityId) => onChange({ entityId })}
        {...plain}
      />
      <TextField
        label="Login URL"
        hint="Also called single sign-on URL."
        error={errors.sso_url}
        type="url"
        value={draft.ssoUrl}
        onValue={(ssoUrl) => onChange({ ssoUrl })}
        {...plain}
      />
      <TextAreaField
        label="Signing certificate"
        hint="PEM, up to four, one after the other. Add the next one before the provider starts to use it."
        error={errors.x509certs}
        value={draft.certificates}
        onValue={(certificates) => onChange({ certificates })}
        rows={6}
        {...plain}
      />
    </>
  );
}

const attributes = [
  ['identifier', 'Identifier', 'Must never change for a person. By default the NameID.'],
  ['userEmail', 'Email', undefined],
  ['firstName', 'First name', undefined],
  ['lastName', 'Last name', undefined],
] as const;

function AttributeNames({ draft, errors, onChange }: ConfigFieldsProps) {
  return (
    <fieldset className="attribute-names">
      <legend>Names of attributes</legend>
      <p className="rollcall-field-hint">Fill these in only if your provider sends other attribute names than usual.</p>
      {attributes.map(([key, label, hint]) => (
        <TextField key={key} label={label} hint={hint} value={draft[key]} onValue={(name) => onChange({ [key]: name })} {...plain} />
      ))}
      {errors.attributes && (
        <p className="rollcall-field-error" role="alert">
          {errors.attributes}
        </p>
      )}
    </fieldset>
  );
}
