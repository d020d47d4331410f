import type { OrgFlag } from '@rollcall/client';

export interface FlagText {
  readonly flag: OrgFlag;
  readonly hint: string;
  /** The buttons of the confirmation to turn the flag on and off. */
  readonly actions?: readonly [on: string, off: string];
}

export const accessFlags: readonly FlagText[] = [
  {
    flag: 'require2FA',
    hint: 'Members without 2FA lose access until they set it up and rejoin.',
    actions: ['Require 2FA', 'Stop requiring 2FA'],
  },
  {
    flag: 'openMembership',
    hint: 'Members can join any team and see every project.',
    actions: ['Turn on open membership', 'Turn off open membership'],
  },
  { flag: 'allowMemberInvite', hint: 'If this is off, only managers and owners can.' },
  { flag: 'allowMemberProjectCreation', hint: 'If this is off, only managers and owners can, and team admins for their own teams.' },
];

export const privacyFlags: readonly FlagText[] = [
  {
    flag: 'enhancedPrivacy',
    hint: 'Only people who manage members can see email addresses, here and in emails.',
    actions: ['Hide email addresses', 'Show email addresses'],
  },
  { flag: 'allowSharedIssues', hint: 'Anyone with the link can open a shared issue without logging in.' },
];

/** Rollcall only stores these flags, for other programs. */
export const programFlags: readonly FlagText[] = [
  { flag: 'isEarlyAdopter', hint: 'Try new features early.' },
  { flag: 'codecovAccess', hint: 'Connected apps can read code coverage from Codecov.' },
  { flag: 'allowSuperuserAccess', hint: 'Support staff of connected apps can open this organization to help you.' },
];
