import type { RecordOfKind, RestoredKind } from '@rollcall/protocol';

/** The records that an import creates, with the ids that they have in the file. */
export type ParsedArchive = { readonly [Kind in Exclude<RestoredKind, 'organization'>]: readonly RecordOfKind[Kind][] } & {
  readonly organization: RecordOfKind['organization'];
  /** The number of lines of each kind that an import does not create. */
  readonly skipped: Readonly<Record<string, number>>;
};
