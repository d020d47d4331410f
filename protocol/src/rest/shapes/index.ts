// biome-ignore-all assist/source/organizeImports: the API description has the order of these lines.
export * from './users.ts';
export * from './roles.ts';
export * from './projects.ts';
export * from './teams.ts';
export * from './members.ts';
export * from './organizations.ts';
export * from './ip-allow-list.ts';
export * from './auth-provider.ts';
export * from './sign-on-test.ts';
export * from './scim.ts';
export * from './verified-domain.ts';
export * from './tokens.ts';
export * from './operator.ts';
export * from './audit-log.ts';
export * from './account.ts';
export * from './project-details.ts';
export * from './project-keys.ts';
export { named, namedShapes, type ResponseOf } from './shape.ts';
