import { type OrgSettings, orgRoles } from '@rollcall/client';
import type { Option } from '../../kit/field.tsx';

export const roleOptions: readonly Option[] = Object.values(orgRoles).map(({ id, name }) => ({ value: id, label: name }));

/** -1 is how the API says that there is no limit. */
export const crashReportOptions: readonly Option[] = [
  { value: '0', label: 'None' },
  ...['1', '5', '10', '20', '50', '100'].map((value) => ({ value, label: `${value} an issue` })),
  { value: '-1', label: 'All' },
];

type BooleanSetting = { [Name in keyof OrgSettings]: OrgSettings[Name] extends boolean ? Name : never }[keyof OrgSettings];

export interface SwitchWords {
  readonly name: BooleanSetting;
  readonly label: string;
  readonly hint?: string;
}

export const membershipSwitches: readonly SwitchWords[] = [
  {
    name: 'allowJoinRequests',
    label: 'Allow join requests',
    hint: 'Anybody who has the address can ask to be let in. Managers and owners decide.',
  },
  { name: 'eventsMemberAdmin', label: 'Let members delete events', hint: 'Gives members the scope event:admin.' },
  { name: 'alertsMemberWrite', label: 'Let members change alerts', hint: 'Gives members the scope alerts:write.' },
];

/** Rollcall keeps these for the programs that collect data; they read them here. */
export const dataSwitches: readonly SwitchWords[] = [
  { name: 'dataScrubber', label: 'Scrub data in every project', hint: 'Projects cannot switch it off.' },
  { name: 'dataScrubberDefaults', label: 'Scrub the usual fields', hint: 'Passwords, card numbers and their like, in every project.' },
  { name: 'scrubIPAddresses', label: 'Never store IP addresses', hint: 'In no project.' },
  { name: 'scrapeJavaScript', label: 'Fetch source code of scripts', hint: 'To show what stands behind minified code.' },
];

export const integrationSwitches: readonly SwitchWords[] = [
  { name: 'hideAiFeatures', label: 'Hide AI features' },
  { name: 'issueAlertsThreadFlag', label: 'Issue alerts in threads' },
  { name: 'metricAlertsThreadFlag', label: 'Metric alerts in threads' },
  { name: 'githubPRBot', label: 'Comment on merged GitHub pull requests' },
  { name: 'githubOpenPRBot', label: 'Comment on open GitHub pull requests' },
  { name: 'githubNudgeInvite', label: 'Suggest inviting GitHub contributors' },
  { name: 'gitlabPRBot', label: 'Comment on merged GitLab merge requests' },
  { name: 'gitlabOpenPRBot', label: 'Comment on open GitLab merge requests' },
];
