import { sql } from 'kysely';
import { updatePlan } from '../../server/src/features/retention/commands/update-plan.ts';
import type { PlanChanges } from '../../server/src/features/retention/domain/change-retention.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import type { TestServer } from './server.ts';

/** Sets an organization's plan. A smaller one takes effect a day later. */
export async function setPlan({ services }: TestServer, orgId: string, input: PlanChanges): Promise<void> {
  const call = {
    orgId,
    actor: { kind: 'operator', name: 'bootstrap' },
    input,
    requestId: null,
    respond: async () => ({ status: 200 }),
  } as const;
  await runCommand(services.writePath, updatePlan, call);
}

/** Ends the delay of an organization's plan, as if it had been set a day earlier. */
export async function endPlanDelay({ services }: TestServer, orgId: string): Promise<void> {
  await sql`
    UPDATE retentions SET retention = jsonb_set(retention, '{formerPlan,until}', '"2020-01-01T00:00:00.000000Z"')
    WHERE organization_id = ${orgId} AND retention ? 'formerPlan'`.execute(services.db);
}
