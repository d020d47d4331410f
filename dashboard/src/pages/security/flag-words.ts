import type { OrgFlag } from '@rollcall/client';

export interface FlagWords {
  readonly flag: OrgFlag;
  /** What it means while it is on. */
  readonly hint: string;
  /** What the dialog's button says, where switching is dangerous: on, and off. */
  readonly actions?: readonly [on: string, off: string];
}

export const accessFlags: readonly FlagWords[] = [
  {
    flag: 'require2FA',
    hint: 'Members without 2FA lose access until they set it up.',
    actions: ['Require it', 'Switch off'],
  },
  {
    flag: 'openMembership',
    hint: 'Members can join any team and see every project.',
    actions: ['Open membership', 'Close membership'],
  },
  { flag: 'allowMemberInvite', hint: 'Otherwise only managers and owners invite.' },
  { flag: 'allowMemberProjectCreation', hint: 'Otherwise managers and owners do, and Team Admins for their own teams.' },
];

export const privacyFlags: readonly FlagWords[] = [
  {
    flag: 'enhancedPrivacy',
    hint: 'E-mail addresses are for those who manage members, here and in mails.',
    actions: ['Hide addresses', 'Show addresses'],
  },
  { flag: 'allowSharedIssues', hint: 'Issues can be shared by a link that opens without logging in.' },
];

/** Rollcall keeps them; other programs go by them. */
export const programFlags: readonly FlagWords[] = [
  { flag: 'isEarlyAdopter', hint: 'Programs show this organization what is still being tried out.' },
  { flag: 'codecovAccess', hint: 'Programs may ask Codecov for the coverage of code.' },
  { flag: 'allowSuperuserAccess', hint: 'Those who run a program may look into this organization to help.' },
];
