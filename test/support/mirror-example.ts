import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { nextNumber } from './provision.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import type { TestServer } from './server.ts';

/** The file that `examples/provisioning/mirror.mjs` reads. */
export interface Directory {
  users: { id: string; email: string; name: string }[];
  organizations: { id: string; name: string; members: { id: string; orgRole: string }[] }[];
}

type Option = string | NodeJS.ProcessEnv;

export interface Mirror {
  /** Begins the ids of this mirror on the server. */
  readonly prefix: string;
  /** The path segment of a user or organization of the file. */
  named(id: string): string;
  /**
   * Runs the program with a directory, and returns what it prints.
   * @throws Error with `code`, `stdout` and `stderr` if the program fails
   */
  run(directory: Directory, ...options: readonly Option[]): Promise<string>;
  /** Runs the program with a file that has this text. The prefix is added to its ids. */
  runText(text: string, ...options: readonly Option[]): Promise<string>;
  spawn(directory: Directory): ChildProcess;
  /** Name, address and role of each member, by id. */
  membersOf(id: string): Promise<Record<string, string[]>>;
}

/** An organization with as many members as there are users. The first one owns it. */
export function aDirectory(count: number): Directory {
  const ids = Array.from({ length: count }, (_, index) => `user-${index}`);
  return {
    users: ids.map((id) => ({ id, email: `${id}@example.com`, name: id })),
    organizations: [{ id: 'acme', name: 'Acme', members: ids.map((id, at) => ({ id, orgRole: at === 0 ? 'owner' : 'member' })) }],
  };
}

/** Runs the example with ids and addresses of its own, so that several mirrors share a server. */
export function startMirror(server: TestServer): Mirror {
  const prefix = `idp${nextNumber()}|`;
  const file = path.join(makeTemporaryDirectory('mirror'), 'directory.json');
  const named = (id: string) => `external:${encodeURIComponent(prefix + id)}`;
  const envOf = (options: readonly Option[]) => ({
    ...process.env,
    ...{ ROLLCALL_URL: server.url, OPERATOR_TOKEN: server.operatorToken },
    ...Object.assign({}, ...options.filter((option) => typeof option !== 'string')),
  });
  const argsOf = (options: readonly Option[]) => [
    'examples/provisioning/mirror.mjs',
    ...['--prefix', prefix],
    ...options.filter((option) => typeof option === 'string'),
    file,
  ];
  /** Ids and addresses of the file, with the prefix. */
  const own = (text: string) =>
    text.replaceAll('"id":"', `"id":"${prefix}`).replaceAll('"email":"user-', `"email":"${prefix.slice(0, -1)}-user-`);
  const runText = async (text: string, ...options: readonly Option[]) => {
    writeFileSync(file, own(text));
    return (await promisify(execFile)(process.execPath, argsOf(options), { env: envOf(options) })).stdout;
  };
  return {
    prefix,
    named,
    runText,
    run: (directory, ...options) => runText(JSON.stringify(directory), ...options),
    spawn(directory) {
      writeFileSync(file, own(JSON.stringify(directory)));
      return spawn(process.execPath, argsOf([]), { env: envOf([]), stdio: 'ignore' });
    },
    async membersOf(id) {
      const { body } = await server.operate('GET', `/organizations/${named(id)}/members/`);
      return Object.fromEntries(
        body.map((one: { user: Record<string, string>; orgRole: string }) => [
          one.user.externalId!.slice(prefix.length),
          [one.user.name, one.user.email, one.orgRole],
        ]),
      );
    },
  };
}
