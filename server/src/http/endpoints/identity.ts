import { notFound } from '../../domain/authorize.ts';
import { readSelf } from '../../read-path/queries/self.ts';
import { aboutIdentity } from '../about/account.ts';
import { presentSelf } from '../present/self.ts';
import type { Route } from '../route.ts';
import { answerSelf } from './auth/answer-self.ts';

/** Who one is here, as clients ask before anything else (spec: 10.3). */
export const identityRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    callers: 'anyone',
    scopes: [],
    about: aboutIdentity.root,
    async handle({ callerIfAny }, { db }) {
      const actor = callerIfAny?.actor;
      const self = actor?.kind === 'user' ? await readSelf(db, actor.userId) : null;
      const auth = actor?.tokenScopes ? { scopes: [...actor.tokenScopes].sort() } : null;
      return { status: 200, body: { version: '0', auth, user: self && presentSelf(self) } };
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
