import { type CommandResult, type MemberRecord, OrgError } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { type Outcome, ProgressList } from '../../kit/progress-list.tsx';
import { explain } from '../../live/commands.tsx';
import { useHighlights } from '../../live/organization.tsx';

export interface BulkTask {
  readonly title: string;
  readonly members: readonly MemberRecord[];
  /** Who is left out, and why. */
  whyNot(member: MemberRecord): string | null;
  /** Statuses that say more than that it was done. */
  readonly meanings?: Readonly<Record<number, string>>;
  send(member: MemberRecord): Promise<CommandResult<unknown>>;
}

/** The server takes one organization's commands one by one; more under way would only wait there. */
const atOnceMax = 4;

/** Carries the task out and tells, row by row, what became of it. Closing it stops what has not begun. */
export function BulkDialog({ task, onClose }: { readonly task: BulkTask; onClose(): void }) {
  const highlights = useHighlights();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  useEffect(() => {
    let isStopped = false;
    const waiting = [...task.members];
    const settle = (id: string, outcome: Outcome) => setOutcomes((before) => new Map(before).set(id, outcome));
    const work = async () => {
      for (let member = waiting.shift(); member && !isStopped; member = waiting.shift()) {
        const reason = task.whyNot(member);
        if (reason !== null) {
          settle(member.id, { kind: 'left-out', reason });
          continue;
        }
        highlights.expectOwn([`member:${member.id}`]);
        settle(member.id, await send(task, member));
      }
    };
    // In a later turn, so that what is drawn twice in development is sent once.
    const timer = setTimeout(() => {
      for (let worker = 0; worker < atOnceMax; worker++) void work();
    });
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [task, highlights]);

  const isOver = outcomes.size === task.members.length;
  const entries = task.members.map(({ id, email, name }) => ({ key: id, label: email ?? name, outcome: outcomes.get(id) ?? null }));
  return (
    <Dialog title={task.title} onClose={onClose} actions={<Button onClick={onClose}>{isOver ? 'Close' : 'Stop'}</Button>}>
      <ProgressList entries={entries} />
    </Dialog>
  );
}

async function send(task: BulkTask, member: MemberRecord): Promise<Outcome> {
  try {
    const { status } = await task.send(member);
    return { kind: 'done', reason: task.meanings?.[status] ?? 'Done' };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof OrgError ? explain(error) : String(error) };
  }
}
