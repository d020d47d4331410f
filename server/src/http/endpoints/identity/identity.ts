import { notFound } from '../../../domain/authorize.ts';
import { readSelf } from '../../../read-path/queries/identity/self.ts';
import { findDefaultOrganization, findOrganization } from '../../../read-path/queries/organizations/find-organization.ts';
import type { Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { aboutIdentity } from './about-account.ts';
import { answerSelf } from './answer-self.ts';
import { presentSelf } from './present-self.ts';

/**
 * What a console needs to know about creating organizations. In single-organization mode it names that one, and nobody
 * can create others (REST contract 14). Otherwise it names the terms that a user must agree to, where there are any.
 */
async function describeCreation({ db, singleOrganization, defaultOrganization, terms }: Services): Promise<object> {
  if (!singleOrganization) return terms ? { terms } : {};
  const id = await findDefaultOrganization(db, defaultOrganization);
  return { singleOrganization: id === null ? null : ((await findOrganization(db, id))?.slug ?? null) };
}

/** Who one is here, as clients ask before anything else (REST contract 10.3). */
export const identityRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    callers: 'anyone',
    scopes: [],
    about: aboutIdentity.root,
    async handle({ callerIfAny }, services) {
      const actor = callerIfAny?.actor;
      const self = actor?.kind === 'user' ? await readSelf(services.db, actor.userId) : null;
      const auth = actor?.tokenScopes ? { scopes: [...actor.tokenScopes].sort() } : null;
      return { status: 200, body: { version: '0', auth, user: self && presentSelf(self), ...(await describeCreation(services)) } };
    },
  },
  {
    method: 'GET',
    path: '/users/me/',
    scopes: [],
    about: aboutIdentity.self,
    async handle({ caller: { actor } }, services) {
      if (actor.kind !== 'user') throw notFound();
      return answerSelf(services, actor.userId);
    },
  },
  {
    method: 'GET',
    path: '/users/me/regions/',
    scopes: [],
    about: aboutIdentity.regions,
    async handle({ caller: { actor } }, { publicUrl }) {
      if (actor.kind !== 'user') throw notFound();
      return { status: 200, body: { regions: [{ name: 'default', url: publicUrl }] } };
    },
  },
  {
    method: 'GET',
    path: '/internal/health/',
    scopes: [],
    about: aboutIdentity.health,
    handle: async () => ({ status: 200, body: { problems: [], healthy: {} } }),
  },
];
