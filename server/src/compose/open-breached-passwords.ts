import type { Config } from '../config.ts';
import { BreachList } from '../identity/passwords/breach-list.ts';
import { BreachRanges } from '../identity/passwords/breach-ranges.ts';
import { BreachedPasswords, type BreachSource } from '../identity/passwords/breached-passwords.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { OutboundError } from '../outbound/outbound-error.ts';
import { outboundLimits } from '../runtime/limits/rows/outbound.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';

export function openBreachedPasswords(config: Config, outbound: Outbound, counters: Counters, log: Log): BreachedPasswords {
  return new BreachedPasswords(sourceOf(config, outbound), counters, log);
}

function sourceOf({ breachedPasswords: from }: Config, outbound: Outbound): BreachSource | null {
  if (from === null) return null;
  return from.kind === 'list' ? new BreachList(from.path) : new BreachRanges((prefix) => readRange(outbound, `${from.url}${prefix}`));
}

/** With padding, the size of the response doesn't reveal the range to an observer. */
async function readRange(outbound: Outbound, url: string): Promise<string> {
  const result = await outbound.request(url, {
    owner: { caller: 'server', purpose: 'password' },
    headers: { 'Add-Padding': 'true', 'User-Agent': 'Rollcall' },
    bodyBytesMax: outboundLimits.breachRangeBytes.value,
    signal: AbortSignal.timeout(outboundLimits.breachRangeMs.value),
  });
  if (result.outcome !== 'response') throw new OutboundError(result.outcome);
  if (result.status !== 200) throw new Error(`the status is ${result.status}`);
  return result.body.toString('utf8');
}
