import type { PasswordPool } from '../identity/password-pool.ts';
import type { MailSender } from '../mail/mail-sender.ts';
import type { Channels } from '../read-path/channels.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { WritePath } from '../write-path/run-command.ts';

/** Registers metrics that are read from the parts of this process at each scrape of `/metrics`. */
export function registerGauges(
  metrics: Metrics,
  { database, bus, writeQueue }: WritePath,
  channels: Channels,
  mailSender: MailSender,
  passwords: PasswordPool,
): void {
  metrics.expose('rollcall_password_hashes', 'Password hashes that are computed, and that wait for it', 'state', () => {
    return new Map(Object.entries(passwords.use));
  });
  metrics.expose('rollcall_subscriptions', 'Subscriptions, those whose copy is under way included', null, () => channels.use.subscriptions);
  metrics.expose('rollcall_feeds', 'Organizations watched by this process', null, () => channels.use.channels);
  metrics.expose('rollcall_audiences', 'Groups of live subscriptions that see the same', null, () => channels.use.audiences);
  metrics.expose(
    'rollcall_feeds_behind_seconds',
    'Since the feed that is furthest behind was last known to be current',
    null,
    () => channels.lagMs / 1_000,
  );
  metrics.expose('rollcall_bus_up', 'Whether the bus carries notices to other instances; without Redis there are none', 'bus', () => {
    return new Map([[bus.status === 'memory' ? 'memory' : 'redis', bus.status === 'redis-down' ? 0 : 1]]);
  });
  metrics.expose('rollcall_mails_waiting', 'Mails in the queue that all instances share', null, () => mailSender.queueSize.waiting);
  metrics.expose(
    'rollcall_mail_oldest_seconds',
    'Since the oldest mail in the queue was put there',
    null,
    () => mailSender.queueSize.oldestSeconds,
  );
  metrics.expose(
    'rollcall_commands_waiting',
    'Commands that wait for their turn to change an organization',
    null,
    () => writeQueue.waiting,
  );
  metrics.expose('rollcall_pool_connections', 'Database connections, and callers that wait for one', 'state', () => {
    return new Map(Object.entries(database.pool()));
  });
}
