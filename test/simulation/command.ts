import type { LogChange, OrgState } from '@rollcall/protocol';
import type { CommandContext } from '../../server/src/write-path/command.ts';
import { commandContext } from '../support/command-context.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { createdAt, orgId } from './people.ts';
import type { Rows } from './rows.ts';
import type { Version } from './simulated-log.ts';

/** A violated rule about logins or provisioning. The rules are stated again in the simulation. */
export interface BrokenRule {
  readonly invariant: 'logins proven' | 'provisioning exact';
  readonly detail: string;
}

/** The result of a command. */
export interface Write {
  readonly changes: readonly LogChange[];
  /** Returns the rows after the command. Gets the rows that follow from its changes. */
  readonly rows?: (rows: Rows) => Rows;
  readonly violation?: BrokenRule | null;
  /** Called after the commit, also if nothing changed. */
  readonly done?: () => void;
}

/** A command decides when it runs, by the state at that time. */
export interface Command {
  readonly name: string;
  /** @throws OrgError a refusal */
  readonly decide: (head: Version, random: SeededRandom) => Write;
}

/** A command that changes records only. */
export type DecideChanges = (state: OrgState, random: SeededRandom) => LogChange[];

export const nothing: Write = { changes: [] };

/** The context of a command of the product. Its time is that of the start, unless it is given. */
export function contextOf(actor: CommandContext['actor'] = { kind: 'operator', name: 'bootstrap' }, now = createdAt): CommandContext {
  return commandContext({ orgId, actor, now, invites: 'unsent' });
}
