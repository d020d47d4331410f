import { OrgError, revisionSchema, type Scope, type Why } from '@rollcall/protocol';
import type { NewInvite, RestMember } from '@rollcall/protocol/rest';
import * as z from 'zod/mini';
import type { LocalDecision, LocalOn, LocalWho } from './local-can.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import { here, read } from './rest/calls.ts';
import { organizationCommands } from './rest/organization-commands.ts';
import { organizationReads } from './rest/organization-reads.ts';
import type { RestClient } from './rest/rest-client.ts';
import { abortedBy, type WaitOptions } from './waiting.ts';

/** A newer server may have other reasons. */
const decisionSchema = z.looseObject({ allowed: z.boolean(), why: z.string(), revision: revisionSchema });

interface Question {
  readonly scope: Scope | readonly Scope[];
}

const questions = { can: () => read<unknown, Question & Partial<LocalWho & LocalOn>>('organizations', here, 'can') };

type Commands = BoundCalls<typeof organizationCommands>;

/** What became of one of several invites. */
export interface InviteOutcome {
  readonly invite: NewInvite;
  readonly member: RestMember | null;
  /** Null for one that was made. */
  readonly error: OrgError | null;
}

class Bound {
  constructor(rest: RestClient, nameHere: () => string) {
    Object.assign(this, bindCalls(organizationCommands, rest, nameHere));
  }
}

/** The commands of the table, as methods. */
const WithCommands = Bound as new (rest: RestClient, nameHere: () => string) => Commands;

/** What an organization can be told and asked over REST. */
export abstract class OrganizationRest extends WithCommands {
  /** What is asked of the server, because it is not in `state`. */
  readonly read: BoundCalls<typeof organizationReads>;
  readonly #questions: BoundCalls<typeof questions>;

  /** @internal */
  constructor(rest: RestClient, nameHere: () => string) {
    super(rest, nameHere);
    this.read = bindCalls(organizationReads, rest, nameHere);
    this.#questions = bindCalls(questions, rest, nameHere);
  }

  /** One after the other, each a command of its own: what is wrong with one keeps no other from being made. */
  async inviteMembers(invites: readonly NewInvite[], options: WaitOptions = {}): Promise<readonly InviteOutcome[]> {
    const outcomes: InviteOutcome[] = [];
    for (const invite of invites) {
      if (options.signal?.aborted) throw abortedBy(options.signal);
      const outcome = await this.inviteMember(invite, options).then(
        ({ data }) => ({ invite, member: data, error: null }),
        (error: unknown) => {
          if (!(error instanceof OrgError) || error.code === 'aborted') throw error;
          return { invite, member: null, error };
        },
      );
      outcomes.push(outcome);
    }
    return outcomes;
  }

  /** `can` as the server answers it now, by what the caller may see. */
  protected async askServer(
    who: LocalWho,
    scope: Scope | readonly Scope[],
    on: LocalOn | undefined,
    options: WaitOptions = {},
  ): Promise<LocalDecision> {
    const answer = decisionSchema.safeParse(await this.#questions.can({ ...options, ...who, ...on, scope }));
    if (!answer.success) throw new OrgError('internal', 'The server answered in a way that could not be read.', { cause: answer.error });
    const { allowed, why, revision } = answer.data;
    return { allowed, why: why as Why, revision, fresh: true };
  }
}
