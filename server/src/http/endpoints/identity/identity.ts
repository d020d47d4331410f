import { clientHealthShape, regionsShape, rootShape, selfShape } from '@rollcall/protocol/rest/shapes';
import { neededSecondFactorOf, notFound } from '../../../domain/authorize.ts';
import { readSelf } from '../../../read-path/queries/identity/self.ts';
import { findDefaultOrganization, findOrganization } from '../../../read-path/queries/organizations/find-organization.ts';
import type { Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { presentSelf } from './present-self.ts';
import { replyWithSelf } from './reply-with-self.ts';

/**
 * Describes to a console how organizations are created. In single-organization mode it names the
 * only organization, and users cannot create others (REST contract 14). Otherwise it contains the
 * terms that a user must agree to, if there are any.
 */
async function describeCreation({ db, singleOrganization, defaultOrganization, terms }: Services): Promise<object> {
  if (!singleOrganization) return terms ? { terms } : {};
  const id = await findDefaultOrganization(db, defaultOrganization);
  return { singleOrganization: id === null ? null : ((await findOrganization(db, id))?.slug ?? null) };
}

/** The caller's identity, which clients request first (REST contract 10.3). */
export const identityRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    callers: 'anyone',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'readRoot',
      summary: 'Retrieve the caller’s identity and token scopes',
      description: 'Anonymous callers get a response too, in which `user` is null.',
      responses: { 200: rootShape },
    },
    async handle({ callerIfAny }, services) {
      const actor = callerIfAny?.actor;
      const user = actor?.kind === 'user' ? actor : null;
      const self = user && (await readSelf(services.db, user.userId));
      const needed = user && neededSecondFactorOf(user);
      const auth = actor?.tokenScopes ? { scopes: [...actor.tokenScopes].sort() } : null;
      return {
        status: 200,
        body: {
          ...{ version: '0', auth, user: self && presentSelf(self, user!.boundOrgIds !== null) },
          ...(await describeCreation(services)),
          ...(needed && { secondFactorNeeded: needed }),
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/users/me/',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'readSelf',
      isForUsers: true,
      summary: 'Retrieve the caller’s user',
      description: 'Organization tokens have no user and get 404.',
      responses: { 200: selfShape },
      errors: ['not-found'],
    },
    async handle({ caller: { actor } }, services) {
      if (actor.kind !== 'user') throw notFound();
      return replyWithSelf(services, actor.userId, actor.boundOrgIds !== null);
    },
  },
  {
    method: 'GET',
    path: '/users/me/regions/',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'readRegions',
      isForUsers: true,
      summary: 'List the server’s regions',
      description: 'Returns one region, whose URL is the base URL for further requests.',
      responses: { 200: regionsShape },
      errors: ['not-found'],
    },
    async handle({ caller: { actor } }, { publicUrl }) {
      if (actor.kind !== 'user') throw notFound();
      return { status: 200, body: { regions: [{ name: 'default', url: publicUrl }] } };
    },
  },
  {
    method: 'GET',
    path: '/internal/health/',
    scopes: [],
    metadata: {
      tag: 'Account',
      id: 'readClientHealth',
      summary: 'Check the connection and the credential',
      description: '`problems` is empty for every valid credential.',
      responses: { 200: clientHealthShape },
    },
    handle: async () => ({ status: 200, body: { problems: [], healthy: {} } }),
  },
];
