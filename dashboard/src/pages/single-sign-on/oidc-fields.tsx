import { TextAreaField, TextField } from '../../kit/field.ts';
import { type ConfigFieldsProps, plain } from './saml-fields.tsx';

interface OidcFieldsProps extends ConfigFieldsProps {
  readonly isGoogle: boolean;
  /** Whether a secret is saved. */
  readonly hasSecret: boolean;
}

export function OidcFields({ draft, errors, isGoogle, hasSecret, onChange }: OidcFieldsProps) {
  return (
    <>
      {!isGoogle && (
        <TextField
          label="Issuer"
          hint="A URL, such as https://login.example.com. The provider’s metadata calls it “issuer”. The server finds the rest there."
          error={errors.issuer}
          type="url"
          value={draft.issuer}
          onValue={(issuer) => onChange({ issuer })}
          {...plain}
        />
      )}
      <TextField
        label="Client ID"
        error={errors.client_id}
        value={draft.clientId}
        onValue={(clientId) => onChange({ clientId })}
        {...plain}
      />
      <TextField
        label="Client secret"
        hint={hasSecret ? 'A secret is saved. Leave this empty to keep it.' : 'It is stored encrypted and never shown again.'}
        error={errors.client_secret}
        type="password"
        value={draft.clientSecret}
        onValue={(clientSecret) => onChange({ clientSecret })}
        {...plain}
        autoComplete="new-password"
      />
      {!isGoogle && (
        <details className="more-options" open={errors.acr_values ? true : undefined}>
          <summary>More options</summary>
          <TextAreaField
            label="Required login at the provider (acr)"
            hint="Values of acr, one per line. Other logins are refused. Leave this empty to accept every login."
            error={errors.acr_values}
            value={draft.contexts}
            onValue={(contexts) => onChange({ contexts })}
            rows={2}
            {...plain}
          />
        </details>
      )}
      {isGoogle && (
        <TextAreaField
          label="Google Workspace domains"
          hint="One per line. Only accounts of these domains can log in."
          error={errors.domains}
          value={draft.domains}
          onValue={(domains) => onChange({ domains })}
          rows={3}
          {...plain}
        />
      )}
    </>
  );
}
