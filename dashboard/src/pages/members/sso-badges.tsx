import type { MemberRecord } from '@rollcall/client';
import { Badge } from '../../kit/badge.ts';

/** Shows whether a member is linked to the identity provider, and whether it provisioned them. */
export function SsoBadges({ member: { flags } }: { readonly member: MemberRecord }) {
  return (
    <>
      {flags['sso:linked'] && (flags['sso:invalid'] ? <Badge tone="warn">SSO broken</Badge> : <Badge>SSO</Badge>)}
      {flags['idp:provisioned'] && <Badge>SCIM</Badge>}
    </>
  );
}
