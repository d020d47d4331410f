import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import type { Log } from '../runtime/log.ts';
import { makePrivateDirectory } from '../runtime/make-directory.ts';
import type { Mail } from './mail.ts';
import { composeOptions } from './mail-headers.ts';

export interface DirectoryMailOptions {
  readonly directory: string;
  readonly log: Log;
}

/**
 * Writes each mail to a folder and logs it, for development. Any mail program opens the file. A
 * mail that is sent again replaces its file.
 */
export function openDirectoryMail({ directory, log }: DirectoryMailOptions): Mail {
  const composer = createTransport({ streamTransport: true, buffer: true });
  return {
    async send(message) {
      const { message: composed } = await composer.sendMail(composeOptions(message));
      makePrivateDirectory(directory);
      const file = path.join(directory, `${nameOf(message.messageId)}.eml`);
      // The rename ensures that readers of the folder find only complete mails.
      const unfinished = `${file}.part`;
      await writeFile(unfinished, composed as Buffer, { mode: 0o600 });
      await rename(unfinished, file);
      log.warn({ file, subject: message.subject }, 'wrote a mail to a file because SMTP_URL is not set');
    },
  };
}

function nameOf(messageId: string): string {
  return messageId.replace(/@.*$/, '').replace(/[^A-Za-z0-9-]/g, '');
}
