import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { simpleParser } from 'mailparser';
import { openDirectoryMail } from '../../server/src/mail/mail-directory.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { describeMailContract } from './mail.suite.ts';

describeMailContract('a folder', async () => {
  const directory = path.join(makeTemporaryDirectory('mail'), 'made', 'when-needed');
  return {
    mail: openDirectoryMail({ directory, log: createLog('silent') }),
    async readReceived() {
      const files = await readdir(directory);
      return Promise.all(files.map(async (file) => simpleParser(await readFile(path.join(directory, file)))));
    },
    stop: async () => {},
  };
});
