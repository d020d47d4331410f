import { audienceOf } from '../../../protocol/src/index.ts';
import type { DeliveryResult } from '../../../server/src/consumers/log-consumer.ts';
import { readEntries, readHeads } from '../../../server/src/database/records/read-log.ts';
import { readOrganization } from '../../../server/src/database/records/records-read.ts';
import { outletEvents } from '../../../server/src/domain/outlet-events.ts';
import { untilUnclaimed } from '../claims.ts';
import type { TestServer } from '../server.ts';

/** Delivers the log to one integration, without the schedule of the runner. */
export class DeliveryPump {
  readonly #server: TestServer;
  readonly #orgId: string;
  readonly #integrationId: string;
  #next: number;

  private constructor(server: TestServer, orgId: string, integrationId: string, next: number) {
    this.#server = server;
    this.#orgId = orgId;
    this.#integrationId = integrationId;
    this.#next = next;
  }

  /** Begins after the organization's current revision. The runner no longer delivers. */
  static async open(server: TestServer, orgId: string, integrationId: string): Promise<DeliveryPump> {
    await server.services.db
      .updateTable('log_consumers')
      .set({ is_active: false })
      .where('consumer', '=', `integration:${integrationId}`)
      .execute();
    await untilUnclaimed(server, orgId);
    return new DeliveryPump(server, orgId, integrationId, (await headOf(server, orgId)) + 1);
  }

  /** Delivers each revision until one fails, and returns the outcomes. */
  async run(): Promise<DeliveryResult[]> {
    const { db, integrationConsumer } = this.#server.services;
    const head = await headOf(this.#server, this.#orgId);
    const results: DeliveryResult[] = [];
    const consumer = (await integrationConsumer.open(this.#orgId)).get(this.#integrationId);
    if (!consumer) return results;
    const organization = (await readOrganization(db, this.#orgId))!;
    const audience = audienceOf(organization, new Set(consumer.scopes), null);
    while (this.#next <= head) {
      for (const entry of await readEntries(db, this.#orgId, this.#next - 1, this.#next)) {
        const events = outletEvents(entry, organization, audience, (type) => consumer.wants(type));
        if (events.length === 0) continue;
        const result = await consumer.deliver(events, 1, new AbortController().signal);
        results.push(result);
        if (result.outcome !== 'delivered') return results;
      }
      this.#next += 1;
    }
    return results;
  }
}

async function headOf(server: TestServer, orgId: string): Promise<number> {
  const [head] = await readHeads(server.services.db, [orgId]);
  return head!.revision;
}
