import type * as z from 'zod';
import { featureMails } from '../features/mails.ts';
import type { MailTemplate } from './mail-template.ts';
import { accountChanged } from './templates/account-changed.ts';
import { addressAdded } from './templates/address-added.ts';
import { addressVerification } from './templates/address-verification.ts';
import { addressYielded } from './templates/address-yielded.ts';
import { invitation } from './templates/invitation.ts';
import { inviteRequest } from './templates/invite-request.ts';
import { joinRequest } from './templates/join-request.ts';
import { orgTokenCreated } from './templates/org-token-created.ts';
import { organizationRemoval } from './templates/organization-removal.ts';
import { passwordReset } from './templates/password-reset.ts';
import { recoveryOwner } from './templates/recovery-owner.ts';
import { secondFactorRequired } from './templates/second-factor-required.ts';
import { teamAccessRequest } from './templates/team-access-request.ts';

/**
 * All mail templates, by the names that are stored in the database. A new template is a file in
 * `templates/` and a line here. Those of features are in their folders.
 */
export const mailTemplates = {
  invitation,
  'second-factor-required': secondFactorRequired,
  'organization-removal': organizationRemoval,
  'org-token-created': orgTokenCreated,
  'account-changed': accountChanged,
  'password-reset': passwordReset,
  'address-verification': addressVerification,
  'address-added': addressAdded,
  'address-yielded': addressYielded,
  'invite-request': inviteRequest,
  'join-request': joinRequest,
  'team-access-request': teamAccessRequest,
  'recovery-owner': recoveryOwner,
  ...featureMails,
} as const;

type Templates = typeof mailTemplates;
type ParamsOf<Template> = Template extends MailTemplate<infer Params extends z.ZodType> ? z.input<Params> : never;

/** A mail to send: its template, the parameters, and one plain address. */
export type MailToSend = {
  readonly [Name in keyof Templates]: { readonly template: Name; readonly params: ParamsOf<Templates[Name]>; readonly to: string };
}[keyof Templates];
