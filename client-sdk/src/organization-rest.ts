import { OrgError, revisionSchema, type Why } from '@rollcall/protocol';
import type { NewInvite, RestMember } from '@rollcall/protocol/rest';
import * as z from 'zod/mini';
import type { LocalDecision, LocalOn, LocalWho } from './local-can.ts';
import { type BoundCalls, bindCalls } from './rest/bind-calls.ts';
import { orgName, read } from './rest/calls.ts';
import { organizationCommands } from './rest/organization-commands.ts';
import { organizationReads } from './rest/organization-reads.ts';
import type { RestClient } from './rest/rest-client.ts';
import type { ScopeName } from './scope-name.ts';
import { abortedBy, type WaitOptions } from './waiting.ts';

/** `why` is any string, because a newer server may have other reasons. */
const decisionSchema = z.looseObject({ allowed: z.boolean(), why: z.string(), revision: revisionSchema });

interface AccessQuery {
  readonly scope: ScopeName | readonly ScopeName[];
}

const accessQueries = { can: () => read<unknown, AccessQuery & Partial<LocalWho & LocalOn>>('organizations', orgName, 'can') };

type Commands = BoundCalls<typeof organizationCommands>;

/** The result of one of several invites. */
export interface InviteOutcome {
  readonly invite: NewInvite;
  readonly member: RestMember | null;
  /** Null if the invite was created. */
  readonly error: OrgError | null;
}

class Bound {
  constructor(rest: RestClient, readOrgName: () => string) {
    Object.assign(this, bindCalls(organizationCommands, rest, readOrgName));
  }
}

/** The commands of the table, as methods. */
const WithCommands = Bound as new (rest: RestClient, readOrgName: () => string) => Commands;

/** The commands and queries of an organization over REST. */
export abstract class OrganizationRest extends WithCommands {
  /** Queries for data that isn't in `state`. */
  readonly read: BoundCalls<typeof organizationReads>;
  readonly #accessQueries: BoundCalls<typeof accessQueries>;

  /** @internal */
  constructor(rest: RestClient, readOrgName: () => string) {
    super(rest, readOrgName);
    this.read = bindCalls(organizationReads, rest, readOrgName);
    this.#accessQueries = bindCalls(accessQueries, rest, readOrgName);
  }

  /**
   * Creates the invites one after the other, each with its own command. A failed invite doesn't
   * prevent the next ones.
   */
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

  /** The server's own decision for `can`, based on what the caller may see. */
  protected async askServer(
    who: LocalWho,
    scope: ScopeName | readonly ScopeName[],
    on: LocalOn | undefined,
    options: WaitOptions = {},
  ): Promise<LocalDecision> {
    const response = decisionSchema.safeParse(await this.#accessQueries.can({ ...options, ...who, ...on, scope }));
    if (!response.success) throw new OrgError('internal', "The server's response could not be read.", { cause: response.error });
    const { allowed, why, revision } = response.data;
    return { allowed, why: why as Why, revision, fresh: true };
  }
}
