import * as z from 'zod';
import { authProviderRecordSchema, verifiedDomainRecordSchema } from '../../security-records.ts';
import { dateTime, describeFields, id } from './shape.ts';

/** The fields of the records that decide who has access to an organization. */

export const certificate = z.object({
  fingerprint: z.string().describe('SHA-256 of the certificate.'),
  notAfter: dateTime.describe('When the certificate expires.'),
});

export const authProviderFields = describeFields(
  {
    ...authProviderRecordSchema.shape,
    id,
    certificates: z.array(certificate),
    lastTestedAt: dateTime.nullable(),
    dateCreated: dateTime,
  },
  {
    id: 'Id of the identity provider.',
    key: 'Key of the provider, such as `okta`, `google` or `saml2`.',
    name: 'Display name of the provider.',
    protocol: 'The protocol of logins.',
    status: 'A draft logs no one in.',
    requireLink: 'Whether members without a linked identity are refused.',
    defaultRole: 'The role of members whom a login creates.',
    jit: 'Whether a login may create a member: never, or for addresses of verified domains.',
    scimEnabled: 'Whether the provider may manage members and teams over SCIM.',
    sessionHours: 'Lifetime of a login at the provider, in hours.',
    generation: 'Counts the changes that end all logins: another provider, and each deactivation.',
    issuer: 'Entity id or issuer of the provider. Null before it is configured.',
    certificates: 'The certificates of the provider. Empty for OIDC.',
    lastTestedAt: 'Time of the last successful test. Null without one.',
    dateCreated: 'When the provider was created.',
  },
);

export const verifiedDomainFields = describeFields(
  { ...verifiedDomainRecordSchema.shape, id, dateVerified: dateTime.nullable(), dateCreated: dateTime },
  {
    id: 'Id of the domain.',
    domain: 'The domain in ASCII and lower case.',
    role: 'With `affiliated`, logins may create members with addresses of the domain. With `owned`, logins may also link existing users with such addresses.',
    status: '`lapsed` if the DNS record of a verified domain was missing for 7 days.',
    dateVerified: 'When control of the domain was proved last. Null while it is pending.',
    dateCreated: 'When the domain was added.',
  },
);
