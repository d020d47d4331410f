import { browserSdkVersions, type ProjectKeyRecord } from '@rollcall/protocol';
import type { projectKeyShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { readSecretParts } from '../../../read-path/queries/projects/list-project-keys.ts';

/** The REST form of client keys (REST contract 9.5). */

/** Leaves out keys that were removed since they were read. */
export async function presentProjectKeys(
  db: Db,
  orgId: string,
  keys: readonly ProjectKeyRecord[],
  publicUrl: string,
): Promise<ResponseOf<typeof projectKeyShape>[]> {
  const secrets = await readSecretParts(
    db,
    orgId,
    keys.map(({ id }) => id),
  );
  return keys.flatMap((key) => {
    const secret = secrets.get(key.id);
    return secret === undefined ? [] : presentKey(key, secret, publicUrl);
  });
}

/** @throws OrgError `not-found` for a key that was removed since it was read */
export async function presentProjectKey(
  db: Db,
  orgId: string,
  key: ProjectKeyRecord,
  publicUrl: string,
): Promise<ResponseOf<typeof projectKeyShape>> {
  const [shape] = await presentProjectKeys(db, orgId, [key], publicUrl);
  if (!shape) throw notFound();
  return shape;
}

function presentKey(key: ProjectKeyRecord, secret: string, publicUrl: string): ResponseOf<typeof projectKeyShape> {
  return {
    id: key.id,
    name: key.name,
    label: key.name,
    public: key.id,
    secret,
    // A number here, unlike every other id (REST contract 1). Ids come from one sequence, far below
    // 2^53.
    projectId: Number(key.projectId),
    isActive: key.isActive,
    rateLimit: key.rateLimit,
    dsn: dsnOf(key, secret, publicUrl),
    browserSdkVersion: key.browserSdkVersion,
    browserSdk: { choices: browserSdkVersions.map((version) => [version, version]) },
    dateCreated: key.dateCreated,
    dynamicSdkLoaderOptions: key.dynamicSdkLoaderOptions,
  };
}

/**
 * The URLs that clients derive from a key. They name this server, which itself accepts no events.
 */
function dsnOf({ id, projectId }: ProjectKeyRecord, secret: string, publicUrl: string): ResponseOf<typeof projectKeyShape>['dsn'] {
  const [scheme, place] = publicUrl.split('://') as [string, string];
  const ofProject = `${publicUrl}/api/${projectId}`;
  return {
    public: `${scheme}://${id}@${place}/${projectId}`,
    secret: `${scheme}://${id}:${secret}@${place}/${projectId}`,
    csp: `${ofProject}/csp-report/?sentry_key=${id}`,
    security: `${ofProject}/security/?sentry_key=${id}`,
    minidump: `${ofProject}/minidump/?sentry_key=${id}`,
    nel: `${ofProject}/nel/?sentry_key=${id}`,
    unreal: `${ofProject}/unreal/${id}/`,
    crons: `${ofProject}/cron/___MONITOR_SLUG___/${id}/`,
    cdn: `${publicUrl}/js-sdk-loader/${id}.min.js`,
    playstation: `${ofProject}/playstation/?sentry_key=${id}`,
    integration: `${ofProject}/integration/`,
    otlp_traces: `${ofProject}/integration/otlp/v1/traces`,
    otlp_logs: `${ofProject}/integration/otlp/v1/logs`,
  };
}
