import type { Tx } from '../database.ts';

/**
 * A project's earlier slugs lead to it until another project takes them (REST contract 9.4). They
 * are not part of any record.
 */

export async function keepRedirect(tx: Tx, orgId: string, slug: string, projectId: string): Promise<void> {
  await tx
    .insertInto('project_redirects')
    .values({ organization_id: orgId, slug, project_id: projectId })
    .onConflict((conflict) => conflict.columns(['organization_id', 'slug']).doUpdateSet({ project_id: projectId }))
    .execute();
}

export async function endRedirect(tx: Tx, orgId: string, slug: string): Promise<void> {
  await tx.deleteFrom('project_redirects').where('organization_id', '=', orgId).where('slug', '=', slug).execute();
}
