import { type FixedLimits, gibibyte, mebibyte } from '../../runtime/limits/limit.ts';

export const archiveLimits = {
  exportIntervalSeconds: {
    value: 3_600,
    unit: 'seconds',
    scope: 'organization',
    text: 'time between two exports of one organization; before its end 429',
    reason: 'An export reads all of an organization’s rows. More than one an hour is of no use to people.',
  },
  historyBytes: {
    value: 16 * mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'an imported history; beyond it 413',
    reason: 'A history of 20,000 lines has 3 MB.',
  },
  archiveBytes: {
    value: 256 * mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'the compressed file of an exported organization; beyond it 413',
    reason: 'The text of the largest import, compressed to a quarter.',
  },
  textBytes: {
    value: gibibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'its uncompressed text; beyond it 413',
    reason: 'A gigabyte takes about ten seconds to read.',
  },
  lineBytes: {
    value: 64 * mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'a line of it; beyond it 413',
    reason: 'The longest lines are revisions of the history, of which an import of 50,000 records is the largest.',
  },
  parsedBytes: {
    value: 4 * mebibyte,
    unit: 'bytes',
    scope: 'server',
    text: 'a line with a record; beyond it 413',
    reason:
      'The largest records are settings, with a dozen texts of up to 64 Ki characters. Parsing 64 MB would block the event loop for up to eight seconds.',
  },
  records: {
    value: 50_000,
    unit: 'records',
    scope: 'organization',
    text: 'records that one import creates; beyond it 413',
    reason:
      'They are one revision, which is saved by one statement and sent to subscribers as a whole. With 50,000 members it has about 30 MB.',
  },
  createdBytes: {
    value: 64 * mebibyte,
    unit: 'bytes',
    scope: 'organization',
    text: 'the lines of these records; beyond it 413',
    reason: 'They stay in memory. The lines of 50,000 members have 30 MB.',
  },
  kinds: {
    value: 100,
    unit: 'kinds',
    scope: 'server',
    text: 'kinds of lines in the file of an exported organization; beyond it 400',
    reason: 'Kinds of a newer version are counted too. This version has about 20.',
  },
} as const satisfies FixedLimits;
