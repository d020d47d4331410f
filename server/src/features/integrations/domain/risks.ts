import type { OutletEvent } from '../../../domain/outlet-events.ts';

/** Changes that PagerDuty opens an alert for. The alert is resolved when the risk ends. */
export type Risk = 'owner-added' | 'require-2fa-off' | 'sso-not-required';

export interface RiskChange {
  readonly risk: Risk;
  readonly begins: boolean;
  /** The member of `owner-added`. Null for the other risks. */
  readonly memberId: string | null;
  readonly summary: string;
}

export const severities: Readonly<Record<Risk, 'error' | 'warning'>> = {
  'owner-added': 'warning',
  'require-2fa-off': 'error',
  'sso-not-required': 'error',
};

interface Fields {
  readonly id?: string;
  readonly name?: string;
  readonly orgRole?: string;
  readonly requiresSso?: boolean;
}

/** The types of events from which risks follow. */
export const riskTypes: ReadonlySet<string> = new Set([
  'flag.changed',
  'member.added',
  'member.removed',
  'member.roleChanged',
  'organization.updated',
]);

export function riskChanges(events: readonly OutletEvent[]): RiskChange[] {
  return events.flatMap(({ type, data }) => {
    if (type === 'flag.changed') return data.flag === 'require2FA' ? [ofFlag('require-2fa-off', data.after === true)] : [];
    const before = data.before as Fields | null;
    const after = data.after as Fields | null;
    if (type === 'organization.updated') {
      return before?.requiresSso === after?.requiresSso ? [] : [ofFlag('sso-not-required', after?.requiresSso === true)];
    }
    if (!type.startsWith('member.')) return [];
    const [was, is] = [before, after].map((member) => member?.orgRole === 'owner');
    // A member who accepts an invite was an invite before.
    const wasOwner = was && type !== 'member.added';
    if (wasOwner === is) return [];
    const { id, name } = (after ?? before)!;
    const text = is ? `${name || 'A member'} became an owner` : `${name || 'A member'} is no longer an owner`;
    return [{ risk: 'owner-added' as const, begins: is === true, memberId: id!, summary: text }];
  });
}

function ofFlag(risk: Risk, isRequired: boolean): RiskChange {
  const what = risk === 'require-2fa-off' ? 'Two-factor authentication' : 'Single sign-on';
  return { risk, begins: !isRequired, memberId: null, summary: `${what} is ${isRequired ? '' : 'no longer '}required` };
}
