import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import type { ChangeEvent, OrganizationState } from '@rollcall/client';
import { eventInWords } from '../../../../server/src/cli/watch/describe-event.ts';

describe('a line of watch', () => {
  const state = { members: [], teams: [], projects: [] } as unknown as OrganizationState;
  const settingChanged = (before: unknown, after: unknown) =>
    ({ type: 'setting.changed', setting: 'relayPiiConfig', revision: 7, before, after }) as unknown as ChangeEvent;

  const inWords = (event: ChangeEvent) => stripVTControlCharacters(eventInWords(event, state));

  it('contains the time, the revision, the change and the values', () => {
    assert.match(inWords(settingChanged(null, '{}')), /^\d\d:\d\d:\d\d +#7 setting\.changed +relayPiiConfig: null -> \{\}$/);
  });

  it('contains the date of an event of the past', () => {
    const line = stripVTControlCharacters(
      eventInWords(settingChanged(null, '{}'), state, { committedAt: new Date('2026-03-02T10:00:00') }),
    );
    assert.match(line, /^2026-03-02 10:00:00 +#7 setting\.changed /);
  });

  it('names the field of the organization that changed', () => {
    const [before, after] = [
      { name: 'Acme', slug: 'acme', status: 'active' },
      { name: 'Acme', slug: 'acme', status: 'pending_deletion' },
    ];
    const event = { type: 'organization.updated', revision: 7, before, after } as unknown as ChangeEvent;
    assert.match(inWords(event), /#7 organization\.updated +status: active -> pending_deletion$/);
  });

  it('contains the organization if several are watched', () => {
    const acme = { ...state, organization: { slug: 'acme' } } as unknown as OrganizationState;
    const line = stripVTControlCharacters(eventInWords(settingChanged(null, '{}'), acme, { hasSeveral: true }));
    assert.match(line, /^\d\d:\d\d:\d\d acme +#7 setting\.changed /);
  });

  it('shortens a long value', () => {
    const event = settingChanged('a'.repeat(60_000), 'b'.repeat(101));
    assert.ok(inWords(event).endsWith(`relayPiiConfig: ${'a'.repeat(100)}… -> ${'b'.repeat(100)}…`));
  });
});
