import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { endWithRun } from './run-directory.ts';

const script = fileURLToPath(new URL('python/subscribe.py', import.meta.url));

/** A report of the Python subscriber about one frame or one lost connection. */
export interface SubscriberEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own fields
  readonly [field: string]: any;
}

export interface PythonSubscriber {
  /** All reports so far, oldest first. */
  readonly events: readonly SubscriberEvent[];
  named(event: string): SubscriberEvent[];
  send(command: 'ping' | 'drop' | 'leave' | 'return'): void;
  /**
   * The first such event at or after the index `since` of `events`. Rejects at once if the
   * subscriber found a violation.
   */
  until(event: string, options?: { readonly since?: number; readonly timeoutMs?: number }): Promise<SubscriberEvent>;
  /** Pings until count and sum were compared with the server's at this revision or a later one. */
  verifiedAt(revision: number): Promise<void>;
  dump(): Promise<SubscriberEvent>;
  /** Rejects if it exited with an error. */
  quit(): Promise<void>;
}

/**
 * Starts a subscriber in Python that shares no code with the project and is written from
 * docs/protocol.md. Without collections, it subscribes to all that the token may see.
 */
export function subscribeInPython(
  python: string,
  url: string,
  token: string,
  org: string,
  collections: readonly string[] = [],
): PythonSubscriber {
  const options = collections.length > 0 ? ['--collections', collections.join()] : [];
  // Without -B, Python leaves a __pycache__ in the sources.
  const child = spawn(python, ['-B', script, url, token, org, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  endWithRun(child, 'KILL');
  const events: SubscriberEvent[] = [];
  let stderr = '';
  createInterface(child.stdout).on('line', (line) => events.push(JSON.parse(line)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // Writing to a subscriber that has exited fails. `failed` has the reason.
  child.stdin.on('error', () => {});

  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the subscriber of ${org} ended with ${code}: ${JSON.stringify(events.at(-1))} ${stderr}`));
    });
  });
  const failed = new Promise<never>((_, reject) => ended.catch(reject));
  failed.catch(() => {});

  const send = (command: string) => void child.stdin.write(`${command}\n`);
  const until: PythonSubscriber['until'] = (event, { since = 0, timeoutMs = 10_000 } = {}) => {
    const find = () => {
      const found = events.slice(since).find((candidate) => candidate.event === event);
      if (!found) throw new Error(`the subscriber of ${org} reported no ${event}; its last event was ${JSON.stringify(events.at(-1))}`);
      return found;
    };
    return Promise.race([failed, eventually(find, { timeoutMs })]);
  };

  return {
    events,
    send,
    until,
    named: (name) => events.filter(({ event }) => event === name),
    async verifiedAt(revision) {
      const compare = async () => {
        const since = events.length;
        send('ping');
        // A ping is lost with its connection.
        const pong = await until('pong', { since, timeoutMs: 2_000 });
        if (pong.outcome !== 'compared' || pong.own < revision) throw new Error(`not at ${revision} yet: ${JSON.stringify(pong)}`);
      };
      await Promise.race([failed, eventually(compare, { timeoutMs: 20_000, intervalMs: 50 })]);
    },
    dump() {
      const since = events.length;
      send('dump');
      return until('dump', { since });
    },
    async quit() {
      send('quit');
      await ended;
    },
  };
}
