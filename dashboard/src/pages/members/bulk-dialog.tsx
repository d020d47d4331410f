import { type CommandResult, type MemberRecord, OrgError } from '@rollcall/client';
import { Check, LoaderCircle, Minus, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
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

interface Outcome {
  readonly kind: 'done' | 'left-out' | 'refused';
  /** What became of it, in words. */
  readonly reason: string;
}

/** The server takes one organization's commands one by one; more under way would only wait there. */
const atOnceMax = 4;

const icons = { done: Check, 'left-out': Minus, refused: TriangleAlert } as const;

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

  const done = [...outcomes.values()].filter(({ kind }) => kind === 'done').length;
  const isOver = outcomes.size === task.members.length;
  return (
    <Dialog title={task.title} onClose={onClose} actions={<Button onClick={onClose}>{isOver ? 'Close' : 'Stop'}</Button>}>
      <p role="status" className="bulk-summary">
        {isOver ? `${done} of ${task.members.length} done.` : `${outcomes.size} of ${task.members.length} …`}
      </p>
      <progress className="bulk-progress" aria-label="Progress" value={outcomes.size} max={task.members.length} />
      <ul className="bulk-results">
        {task.members.map((member) => (
          <ResultLine key={member.id} member={member} outcome={outcomes.get(member.id) ?? null} />
        ))}
      </ul>
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

function ResultLine({ member, outcome }: { readonly member: MemberRecord; readonly outcome: Outcome | null }) {
  const Icon = outcome ? icons[outcome.kind] : LoaderCircle;
  return (
    <li data-outcome={outcome?.kind}>
      <Icon size={15} aria-hidden />
      <span>
        {member.email ?? member.name}
        <small>{outcome?.reason ?? 'Waiting'}</small>
      </span>
    </li>
  );
}
