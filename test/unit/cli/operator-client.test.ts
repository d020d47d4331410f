import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../../../server/src/cli/cli-error.ts';
import { OperatorClient } from '../../../server/src/cli/operator/operator-client.ts';

describe('OperatorClient', () => {
  let server: Server;
  let requested: string[];
  let operator: OperatorClient;

  beforeEach(async () => {
    requested = [];
    server = createServer((request, response) => {
      requested.push(request.url!);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    operator = await OperatorClient.open(url, { OPERATOR_TOKEN: 'secret' });
    requested = [];
  });
  afterEach(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

  it('refuses a name that is empty, `.` or `..` before a request, because a URL would resolve it', async () => {
    for (const name of ['', '.', '..']) {
      const path = `/organizations/acme/members/${name}/`;
      await assert.rejects(operator.request('DELETE', path), CliError);
      await assert.rejects(operator.request('DELETE', `${path}?mode=erase`), CliError);
      await assert.rejects(operator.requestOnce('POST', path, {}, ''), CliError);
      await assert.rejects(operator.transfer('GET', path), CliError);
    }
    assert.deepEqual(requested, []);
    await operator.request('GET', '/organizations/?query=/../');
    assert.deepEqual(requested, ['/api/operator/organizations/?query=/../']);
  });
});
