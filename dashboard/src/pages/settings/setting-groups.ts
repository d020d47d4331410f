import { type OrgSettings, orgRoles } from '@rollcall/client';
import type { Option } from '@rollcall/react/parts';

export const roleOptions: readonly Option[] = Object.values(orgRoles).map(({ id, name }) => ({ value: id, label: name }));

/** In the API, -1 means no limit. */
export const crashReportOptions: readonly Option[] = [
  { value: '0', label: 'None' },
  ...['1', '5', '10', '20', '50', '100'].map((value) => ({ value, label: `${value} per issue` })),
  { value: '-1', label: 'All' },
];

/** In the API, null means the lifetime of the server. */
export const sessionHourOptions: readonly Option[] = [
  { value: 'null', label: 'As long as on the server' },
  ...[1, 4, 8, 12, 24].map((hours) => ({ value: String(hours), label: hours === 1 ? '1 hour' : `${hours} hours` })),
  ...[3, 7, 14].map((days) => ({ value: String(days * 24), label: `${days} days` })),
];

type BooleanSetting = { [Name in keyof OrgSettings]: OrgSettings[Name] extends boolean ? Name : never }[keyof OrgSettings];

export interface SwitchText {
  readonly name: BooleanSetting;
  readonly hint?: string;
}

export const membershipSwitches: readonly SwitchText[] = [
  {
    name: 'allowJoinRequests',
    hint: 'Anyone with the link can request to join. Managers and owners decide.',
  },
  { name: 'eventsMemberAdmin', hint: 'Gives members the event:admin scope.' },
  { name: 'alertsMemberWrite', hint: 'Gives members the alerts:write scope.' },
];

/** Rollcall only stores these settings, for the programs that collect data. */
export const dataSwitches: readonly SwitchText[] = [
  { name: 'dataScrubber', hint: 'Projects can’t turn this off.' },
  {
    name: 'dataScrubberDefaults',
    hint: 'Passwords, credit card numbers and similar data, in all projects.',
  },
  { name: 'scrubIPAddresses', hint: 'Applies to all projects.' },
  { name: 'scrapeJavaScript', hint: 'Used to show readable stack traces for minified code.' },
];

export const integrationSwitches: readonly SwitchText[] = [
  { name: 'hideAiFeatures' },
  { name: 'issueAlertsThreadFlag' },
  { name: 'metricAlertsThreadFlag' },
  { name: 'githubPRBot' },
  { name: 'githubOpenPRBot' },
  { name: 'githubNudgeInvite' },
  { name: 'gitlabPRBot' },
  { name: 'gitlabOpenPRBot' },
];
