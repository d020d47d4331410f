import type { Invariant } from './trace.ts';

/**
 * A safeguard removed from the product's source, and the invariants that fail without it. The first
 * one that a schedule breaks is reported.
 */
export interface Mutant {
  /** The safeguard. */
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly missedBy: readonly Invariant[];
  /** The first schedule to run, if few schedules detect the absence. */
  readonly firstSeed?: number;
}

const readPath = 'server/src/read-path/read-path.ts';
const watchedOrganization = 'server/src/read-path/watched/watched-organization.ts';
const accessDeadlines = 'server/src/read-path/watched/access-deadlines.ts';
const changedHeads = 'server/src/read-path/heads/changed-heads.ts';
const feed = 'server/src/read-path/feed/feed.ts';
const bootstrap = 'server/src/read-path/feed/bootstrap.ts';
const fanOut = 'server/src/read-path/subscriptions/fan-out.ts';
const group = 'server/src/read-path/subscriptions/audience-group.ts';
const subscriptionMachine = 'server/src/read-path/subscriptions/subscription-machine.ts';
const sweepCatchUps = 'server/src/read-path/watched/sweep-catch-ups.ts';
const serve = 'server/src/read-path/subscriptions/serve-subscription.ts';
const machine = 'client-sdk/src/replica-machine.ts';
const signOn = 'server/src/features/single-sign-on/domain/sign-on.ts';
const domains = 'server/src/domain/organizations/verified-domains.ts';
const callerAccess = 'server/src/domain/caller-access.ts';

export const mutants: readonly Mutant[] = [
  {
    name: '[R2] the sweep',
    file: sweepCatchUps,
    from: 'else this.#begin(this.#catchUp(open, open.opened, checked, at));',
    to: '',
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[R2] finding transactions that were open during the previous reading',
    file: changedHeads,
    from: 'this.#read(seen.snapshot, ',
    to: "this.#read(seen.snapshot.replace(/[^:]*$/, ''), ",
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[R2] reading all heads after a failover or a restored backup',
    file: changedHeads,
    from: 'database === seen.database && ',
    to: '',
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[R2] reading all heads when the ids of transactions went back',
    file: changedHeads,
    from: ' && xminOf(snapshot) >= xminOf(seen.snapshot)',
    to: '',
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[R2] reading all heads as long as a standby responds',
    file: changedHeads,
    from: 'reading.database === null ? null : ',
    to: '',
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[R2] reading each head once per minute',
    file: changedHeads,
    from: ', ...this.#dueInRound(now)',
    to: '',
    missedBy: ['replicas converge'],
  },
  {
    name: '[R2] reading the head of a feed again that could not be brought up to it',
    file: sweepCatchUps,
    from: 'this.#heads.checkAgain(open.orgId);',
    to: '',
    missedBy: ['eviction bounded', 'replicas converge', 'fresh within the lease'],
  },
  {
    name: '[A1] evicting before sending',
    file: watchedOrganization,
    from: 'this.#updateAccess(subscription, entry);',
    to: 'this.deps.clock.after(20, () => this.#updateAccess(subscription, entry));',
    missedBy: ['nothing after revocation', 'replicas consistent'],
  },
  {
    name: '[A1] evaluating all viewers when single sign-on changes',
    file: watchedOrganization,
    from: "new Set(['organization', 'auth-provider', 'ip-allow-list'])",
    to: "new Set(['organization', 'ip-allow-list'])",
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true'],
  },
  {
    name: '[A1] evaluating all viewers when the list of addresses changes',
    file: watchedOrganization,
    from: "new Set(['organization', 'auth-provider', 'ip-allow-list'])",
    to: "new Set(['organization', 'auth-provider'])",
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true'],
  },
  {
    name: '[A1] evaluating the viewers of a member who changes, whose identity may be unlinked',
    file: watchedOrganization,
    from: 'new Set(changes.flatMap(usersOf))',
    to: 'new Set<string>()',
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true'],
  },
  {
    name: '[A1] ending the subscription with the binding of its session',
    file: accessDeadlines,
    from: 'runAt(this.#clock, Math.min(...ends), evaluate)',
    to: '() => {}',
    missedBy: ['eviction bounded', 'replicas converge'],
  },
  {
    name: '[S-27] refusing a login that began at an earlier generation of the provider',
    file: signOn,
    from: 'provider?.id === flow.providerId && provider.generation === flow.generation;',
    to: 'provider?.id === flow.providerId;',
    missedBy: ['logins proven'],
  },
  {
    name: '[S-27] not creating a removed member again',
    file: signOn,
    from: "if (wasRemoved) return refused('member-removed');",
    to: '',
    missedBy: ['logins proven'],
  },
  {
    name: '[13.2] the generation of a binding',
    file: callerAccess,
    from: 'binding.generation === authProvider.generation &&',
    to: '',
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true', 'replicas converge'],
  },
  {
    name: '[13.1] access of a session with a linked identity only',
    file: callerAccess,
    from: "if (!isLinked || !hasLiveBinding(state, circumstances, now)) return { denied: 'sso-required' };",
    to: "if (!hasLiveBinding(state, circumstances, now)) return { denied: 'sso-required' };",
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true', 'replicas converge'],
  },
  {
    name: '[13.7] creating members by a login only where it is switched on',
    file: signOn,
    from: "if (provider!.jit !== 'domains') return 'provisioning';",
    to: '',
    missedBy: ['logins proven'],
  },
  {
    name: '[13.6] the lapse of a domain without its DNS record',
    file: domains,
    from: "status: isLapsed ? 'lapsed' : 'verified'",
    to: "status: 'verified'",
    missedBy: ['logins proven'],
  },
  {
    name: '[13.7] creating members by a verified domain only',
    file: domains,
    from: "status === 'verified' && domain === name",
    to: 'domain === name',
    missedBy: ['logins proven'],
  },
  {
    name: '[12.1] ending the access of a user whom SCIM deactivates',
    file: 'server/src/features/scim/commands/remove-provisioned.ts',
    from: 'removedMembers([...dependentMembers, target], teamMembers)',
    to: 'removedMembers(dependentMembers, teamMembers)',
    missedBy: ['nothing after revocation', 'replicas consistent', 'eviction bounded', 'checksums true', 'replicas converge'],
  },
  {
    name: '[12] accepting calls over SCIM only while it is on',
    file: 'server/src/domain/access/scim-access.ts',
    from: 'if (!usesScim(state)) throw forbidden();',
    to: '',
    missedBy: ['provisioning exact'],
  },
  {
    name: '[12.3] ending the tokens for SCIM with SCIM',
    file: 'server/src/features/single-sign-on/commands/provider/update-auth-provider.ts',
    from: 'release.endsScim ? scimTokens : [];',
    to: '[];',
    missedBy: ['provisioning exact'],
  },
  {
    name: '[12.2] removing members from a group',
    file: 'server/src/features/scim/domain/groups.ts',
    from: '...current.filter(({ memberId }) => !wanted.has(memberId))',
    to: '...current.filter(() => false)',
    missedBy: ['provisioning exact'],
  },
  {
    name: '[R6] the floor in the revision that raises it',
    file: feed,
    from: 'const floorRevision = Math.max(this.head.floorRevision, floorIn(entry));',
    to: 'const { floorRevision } = this.head;',
    missedBy: ['cursors above the floor'],
  },
  {
    name: '[R6] refusing a cursor below the floor that the memory continues',
    file: serve,
    from: 'if (revision < feed.head.floorRevision) return null;',
    to: '',
    missedBy: ['cursors above the floor'],
  },
  {
    name: '[R5] registering before reading',
    file: readPath,
    from: 'watched.register(subscription);',
    to: 'this.#deps.clock.after(20, () => watched.register(subscription));',
    missedBy: ['nothing after revocation', 'eviction bounded', 'replicas consistent', 'checksums true', 'replicas converge'],
  },
  {
    name: '[R1] the check of the chain',
    file: feed,
    from: ' && nextChain(head.chain, entry) === chain',
    to: '',
    missedBy: ['nothing after revocation', 'replicas consistent', 'revisions atomic', 'checksums true'],
  },
  {
    name: '[R6] subscribing again after a gap',
    file: machine,
    from: 'if (frame.from > position.revision) {',
    to: 'if (frame.from > frame.to) {',
    missedBy: ['replicas consistent'],
  },
  {
    name: '[R6] subscribing after a reconnect',
    file: machine,
    from: '  offline: {\n    connected: (state) => subscribe(state, state.position),',
    to: '  offline: {\n    connected: stay,',
    missedBy: ['replicas converge'],
  },
  {
    name: '[R1] the proof of the entries that the log contains',
    file: feed,
    from: 'if (isLast && (revision !== page.head.revision || chain !== page.head.chain)) throw new HistoryChangedError();',
    to: '',
    missedBy: ['replicas consistent', 'revisions atomic'],
  },
  {
    name: '[R7] a step of its own for a replica of a revision in between',
    file: subscriptionMachine,
    from: 'const needsOwnStep = revision > after;',
    to: 'const needsOwnStep = false;',
    missedBy: ['replicas consistent'],
    firstSeed: 3_101,
  },
  {
    name: '[R6] beginning a step at the revision of the replica',
    file: 'server/src/read-path/subscriptions/catch-up-steps.ts',
    from: 'const header = { org: orgId, from: revision, to: head.revision, cursor };',
    to: 'const header = { org: orgId, from: revision + 1, to: head.revision, cursor };',
    missedBy: ['steps contiguous'],
  },
  {
    name: '[W1] sending all changes of a revision together',
    file: fanOut,
    from: 'return group.takeStep(head, net, texts);',
    to: 'return group.takeStep(head, net.slice(0, 1));',
    missedBy: ['revisions atomic'],
  },
  {
    name: '[R9] waiting for a slow client',
    file: subscriptionMachine,
    from: 'if (!isWritable || needsOwnStep)',
    to: 'if (needsOwnStep)',
    missedBy: ['buffers bounded'],
  },
  {
    name: '[R1] ignoring the read value of a record that an entry changed before',
    file: bootstrap,
    from: 'fresh = records.filter(',
    to: 'fresh = records.filter(() => true); records.filter(',
    missedBy: ['replicas consistent', 'checksums true'],
  },
  {
    name: '[R1] the records as they were at the start',
    file: bootstrap,
    from: 'this.#touched.set(key, isLoaded || !before ? null : ({ kind, record: before } as KindedRecord));',
    to: 'this.#touched.set(key, null);',
    missedBy: ['replicas consistent', 'checksums true', 'nothing fails'],
  },
  {
    name: '[R10] sharing snapshots',
    file: 'server/src/read-path/subscriptions/snapshots.ts',
    from: 'if (kept && this.#isRecent(kept)) {',
    to: 'if (kept && !this.#isRecent(kept)) {',
    missedBy: ['one snapshot build'],
  },
  {
    name: '[F1] the database check before a pong',
    file: readPath,
    from: 'const heads = await this.#readHeads(subscriptions.map(({ orgId }) => orgId));',
    to: `const heads = new Map(
      subscriptions.map(({ orgId }) => [orgId, { head: this.#open.get(orgId)!.opened!.feed.head, feedRevision: 0 }] as const),
    );`,
    missedBy: ['fresh within the lease'],
  },
  {
    name: '[F3] advancing the checksum with each sent step',
    file: group,
    from: 'this.checksum &&= advanceChecksum(this.checksum, this.audience, net);',
    to: '',
    missedBy: ['checksums true'],
  },
  {
    name: '[F3] comparing checksums',
    file: machine,
    from: 'if (server.count !== local.count || server.sum !== local.sum) {',
    to: 'if (server.count < 0) {',
    missedBy: ['replicas consistent', 'fresh within the lease'],
  },
  {
    name: '[W7] waiting until the replica has the revision',
    file: 'client-sdk/src/subscription.ts',
    from: 'this.revision >= revision;',
    to: 'this.revision >= revision - 1;',
    missedBy: ['waitFor never early'],
  },
  {
    name: '[R11] a projection that does not throw',
    file: 'server/src/domain/visible-changes.ts',
    from: 'const changes: Change[] = [];\n  for (const { kind, id, before, after } of net) {\n    const seenAfter = after && projectRecord(audience, kind, after);',
    to: "const changes: Change[] = [];\n  for (const { kind, id, before, after } of net) {\n    if (kind === 'project') throw new Error('broken');\n    const seenAfter = after && projectRecord(audience, kind, after);",
    missedBy: ['nothing fails'],
  },
];
