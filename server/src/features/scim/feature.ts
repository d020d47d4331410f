import { feature } from '../feature.ts';
import { scimTokensSweep } from './commands/scim-tokens-sweep.ts';
import { scimDiscoveryRoutes } from './http/discovery.ts';
import { scimGroupRoutes } from './http/groups.ts';
import { scimTokenRoutes } from './http/scim-token.ts';
import { scimUserRoutes } from './http/users.ts';

/** Members and teams that an identity provider manages. */
export const scim = feature({
  name: 'scim',
  routes: { tools: [...scimUserRoutes, ...scimGroupRoutes, ...scimDiscoveryRoutes, ...scimTokenRoutes] },
  open: ({ writePath }) => ({ services: {}, sweeps: [scimTokensSweep(writePath)] }),
});
