import { type OrgSettings, orgRoles } from '@rollcall/client';
import type { Option } from '../../kit/field.tsx';

export const roleOptions: readonly Option[] = Object.values(orgRoles).map(({ id, name }) => ({ value: id, label: name }));

/** In the API, -1 means no limit. */
export const crashReportOptions: readonly Option[] = [
  { value: '0', label: 'None' },
  ...['1', '5', '10', '20', '50', '100'].map((value) => ({ value, label: `${value} per issue` })),
  { value: '-1', label: 'All' },
];

type BooleanSetting = { [Name in keyof OrgSettings]: OrgSettings[Name] extends boolean ? Name : never }[keyof OrgSettings];

export interface SwitchText {
  readonly name: BooleanSetting;
  readonly label: string;
  readonly hint?: string;
}

export const membershipSwitches: readonly SwitchText[] = [
  {
    name: 'allowJoinRequests',
    label: 'Allow join requests',
    hint: 'Anyone with the link can request to join. Managers and owners decide.',
  },
  { name: 'eventsMemberAdmin', label: 'Let members delete events', hint: 'Gives members the event:admin scope.' },
  { name: 'alertsMemberWrite', label: 'Let members change alerts', hint: 'Gives members the alerts:write scope.' },
];

/** Rollcall only stores these settings, for the programs that collect data. */
export const dataSwitches: readonly SwitchText[] = [
  { name: 'dataScrubber', label: 'Scrub data in all projects', hint: 'Projects can’t turn this off.' },
  {
    name: 'dataScrubberDefaults',
    label: 'Use default scrubbing rules',
    hint: 'Passwords, credit card numbers and similar data, in all projects.',
  },
  { name: 'scrubIPAddresses', label: 'Don’t store IP addresses', hint: 'Applies to all projects.' },
  { name: 'scrapeJavaScript', label: 'Fetch JavaScript source code', hint: 'Used to show readable stack traces for minified code.' },
];

export const integrationSwitches: readonly SwitchText[] = [
  { name: 'hideAiFeatures', label: 'Hide AI features' },
  { name: 'issueAlertsThreadFlag', label: 'Issue alerts in threads' },
  { name: 'metricAlertsThreadFlag', label: 'Metric alerts in threads' },
  { name: 'githubPRBot', label: 'Comment on merged GitHub pull requests' },
  { name: 'githubOpenPRBot', label: 'Comment on open GitHub pull requests' },
  { name: 'githubNudgeInvite', label: 'Suggest inviting GitHub contributors' },
  { name: 'gitlabPRBot', label: 'Comment on merged GitLab merge requests' },
  { name: 'gitlabOpenPRBot', label: 'Comment on open GitLab merge requests' },
];
