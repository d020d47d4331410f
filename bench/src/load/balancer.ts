import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Balancer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Plays the balancer of a deployment. It connects to the next instance in rotation, or to the one
 * after it if that is unreachable.
 * @param ports the instances in rotation
 */
export async function startBalancer(ports: () => readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;

  const track = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  };
  const reach = (client: Socket, left: readonly number[]): void => {
    const [port, ...others] = left;
    if (port === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true });
    track(upstream);
    upstream.once('connect', () => {
      upstream.removeListener('error', tryNext);
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    const tryNext = () => reach(client, others);
    upstream.once('error', tryNext);
  };

  const server = createServer({ noDelay: true }, (client) => {
    track(client);
    const all = ports();
    const first = turn++ % Math.max(1, all.length);
    reach(client, [...all.slice(first), ...all.slice(0, first)]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
