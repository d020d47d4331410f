import type { OrgFlag } from '@rollcall/client';

interface Text {
  readonly section: 'access' | 'privacy' | 'programs';
  readonly hint: string;
  /** The buttons of the confirmation to turn the flag on and off. */
  readonly actions?: readonly [on: string, off: string];
}

/** In the order of the page. */
const texts: Readonly<Record<OrgFlag, Text>> = {
  require2FA: {
    section: 'access',
    hint: 'Members without 2FA lose access until they set it up.',
    actions: ['Require 2FA', 'Stop requiring 2FA'],
  },
  openMembership: {
    section: 'access',
    hint: 'Members can join any team and see every project.',
    actions: ['Turn on open membership', 'Turn off open membership'],
  },
  allowMemberInvite: { section: 'access', hint: 'If this is off, only managers and owners can.' },
  allowMemberProjectCreation: {
    section: 'access',
    hint: 'If this is off, only managers and owners can, and team admins for their own teams.',
  },
  enhancedPrivacy: {
    section: 'privacy',
    hint: 'Only people who manage members can see email addresses, here and in emails.',
    actions: ['Hide email addresses', 'Show email addresses'],
  },
  allowSharedIssues: { section: 'privacy', hint: 'Anyone with the link can open a shared issue without logging in.' },
  // Rollcall only stores these flags, for other programs.
  isEarlyAdopter: { section: 'programs', hint: 'Try new features early.' },
  codecovAccess: { section: 'programs', hint: 'Connected apps can read code coverage from Codecov.' },
  allowSuperuserAccess: { section: 'programs', hint: 'Support staff of connected apps can open this organization to help you.' },
};

export interface FlagText extends Text {
  readonly flag: OrgFlag;
}

const all: readonly FlagText[] = (Object.keys(texts) as OrgFlag[]).map((flag) => ({ flag, ...texts[flag] }));

export const accessFlags = all.filter(({ section }) => section === 'access');
export const privacyFlags = all.filter(({ section }) => section === 'privacy');
export const programFlags = all.filter(({ section }) => section === 'programs');
