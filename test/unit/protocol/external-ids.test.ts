import assert from 'node:assert/strict';
import {
  audienceOf,
  collections,
  eventChoices,
  eventTypes,
  everything,
  type OrganizationRecord,
  orgRoleIds,
  projectRecord,
  type Scope,
  scopes,
  scopesOfOrgRole,
} from '../../../protocol/src/index.ts';
import { seededRandom } from '../../support/seeds.ts';
import { anOrganization } from '../client-sdk/records.ts';

const records = [
  { id: '7', externalId: 'hr-7' },
  { id: 'organization', externalId: 'crm-1' },
];
const flags = ['enhancedPrivacy', 'openMembership', 'allowJoinRequests', 'require2FA'] as const;

describe('records with external ids', () => {
  it('[A1] no audience sees them except that of a service, regardless of scopes, flags and collections', () => {
    const random = seededRandom(7);
    const some = <T>(all: readonly T[]) => all.filter(() => random.chance(0.5));
    const ofRoles = orgRoleIds.map((role) => scopesOfOrgRole(role, anOrganization().record as never));
    for (let round = 0; round < 2_000; round++) {
      const given = Object.fromEntries(flags.map((flag) => [flag, random.chance(0.5)]));
      const organization = anOrganization(given).record as unknown as OrganizationRecord;
      const held: readonly Scope[] = round < ofRoles.length ? ofRoles[round]! : round === ofRoles.length ? scopes : some(scopes);
      const audience = audienceOf(organization, new Set(held), random.chance(0.3) ? null : some(collections));
      for (const record of records) assert.equal(projectRecord(audience, 'external-id', record), null, held.join());
    }
  });

  it('no webhook can choose events of external ids', () => {
    assert.deepEqual(
      [...eventChoices].filter((choice) => choice.startsWith('externalId')),
      [],
    );
    assert.ok(eventTypes.includes('externalId.created'), 'a service may request them from the changes API');
  });

  it('a service sees the external ids of the collections that it requests', () => {
    const organization = anOrganization().record as unknown as OrganizationRecord;
    const seenIn = (wanted: Parameters<typeof audienceOf>[2]) =>
      records.filter((record) => projectRecord(audienceOf(organization, everything, wanted), 'external-id', record)).map(({ id }) => id);
    assert.deepEqual(seenIn(null), ['7', 'organization']);
    assert.deepEqual(seenIn(['members']), ['7']);
    assert.deepEqual(seenIn(['organization']), ['organization']);
    assert.deepEqual(seenIn(['teams', 'security']), []);
  });
});
