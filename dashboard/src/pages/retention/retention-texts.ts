import { type RetentionPreview, type RetentionSetting, retentionDaysMin } from '@rollcall/client';
import { count } from '../../kit/count.ts';

export const settings: readonly { readonly name: RetentionSetting; readonly label: string; readonly data: string }[] = [
  { name: 'auditDays', label: 'Audit log', data: 'Entries of the audit log.' },
  { name: 'historyDays', label: 'History', data: 'The log of changes. Clients that were offline for longer load everything again.' },
  { name: 'deliveryDays', label: 'Deliveries', data: 'Attempts to deliver to webhooks and integrations.' },
  { name: 'personDays', label: 'Removed members', data: 'Their names and addresses in the audit log and the history.' },
];

const defaults: Readonly<Record<RetentionSetting, string>> = {
  auditDays: 'as long as the plan allows',
  historyDays: '90 days, or less if the plan allows less',
  deliveryDays: '30 days, or less if the plan allows less',
  personDays: 'as long as the audit log',
};

export function hintOf(name: RetentionSetting, data: string, daysMax: number | null): string {
  const least = Math.min(retentionDaysMin[name], daysMax ?? Infinity);
  const limits = daysMax === null ? `At least ${daysText(least)}.` : `From ${least} to ${daysText(daysMax)}.`;
  return `${data} ${daysMax === null && least === 0 ? '' : `${limits} `}Empty: ${defaults[name]}.`;
}

export function daysText(days: number | null): string {
  return days === null ? 'No limit' : count(days, 'day');
}

type Removes = RetentionPreview['removes'];

const nouns = [
  ['auditEntries', 'entry of the audit log', 'entries of the audit log'],
  ['revisions', 'revision of the history', 'revisions of the history'],
  ['deliveries', 'logged delivery', 'logged deliveries'],
  ['persons', 'removed member’s personal data', 'removed members’ personal data'],
] as const satisfies readonly (readonly [keyof Removes, string, string])[];

/** The data that would be removed, such as "40 entries of the audit log". Empty if none is. */
export function removalTexts(removes: Removes): string[] {
  return nouns.flatMap(([name, noun, plural]) => {
    const { count: number, isMore } = removes[name];
    if (number === 0) return [];
    return [`${isMore ? 'at least ' : ''}${number.toLocaleString('en')} ${number === 1 && !isMore ? noun : plural}`];
  });
}
