import type { Actor } from '../../server/src/domain/actor.ts';
import { type FieldErrors, refuseInvalidFields } from '../../server/src/domain/field-errors.ts';
import type { CommandContext } from '../../server/src/write-path/command.ts';

type Given = Pick<CommandContext, 'orgId' | 'now'> & { readonly actor: Actor } & Partial<CommandContext>;

/** The context of a command with the default settings, whose body was parsed without errors. */
export function commandContext({ malformed = {}, ...given }: Given): CommandContext {
  const refuseInvalid = (...found: readonly FieldErrors[]) => refuseInvalidFields(malformed, ...found);
  return { invites: 'on', inviteDays: 7, retiredRoles: new Set(), retentionDaysMax: null, malformed, refuseInvalid, ...given };
}
