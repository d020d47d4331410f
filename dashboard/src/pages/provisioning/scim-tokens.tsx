import type { ReactNode } from 'react';
import { SettingRow } from '../../kit/section.tsx';
import { useOrgState } from '../../live/organization.tsx';
import { formatDate } from '../../shell/format-time.ts';

/** The name that the server gives to these tokens. */
const tokenName = 'SCIM';

/** The tokens of the identity provider. They are removed on the page of tokens. */
export function ScimTokens({ action }: { readonly action: ReactNode }) {
  const tokens = useOrgState((state) => state.tokens).filter(({ name }) => name === tokenName);
  return (
    <SettingRow
      title="Token"
      hint={
        tokens.length === 0
          ? 'None. The provider can’t connect without one.'
          : tokens.map(({ id, tokenLastCharacters, dateCreated }) => (
              <span key={id} className="scim-token">
                <code>sntrys_…{tokenLastCharacters}</code>, created on {formatDate(dateCreated)}
              </span>
            ))
      }
    >
      {action}
    </SettingRow>
  );
}
