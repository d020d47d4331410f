import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SlowProxy extends AsyncDisposable {
  readonly url: string;
  /** Removes the speed limit. */
  removeLimit(): void;
}

const ticksPerSecond = 10;

/** A proxy to a local port with limited bytes per second downstream. Upstream is not limited. */
export async function startSlowProxy(port: number, bytesPerSecond: number): Promise<SlowProxy> {
  const open = new Set<Socket>();
  let isSlow = true;

  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.pipe(upstream);
    const timer = setInterval(() => {
      if (!isSlow) {
        clearInterval(timer);
        upstream.pipe(client);
        return;
      }
      const chunk = upstream.read(Math.min(upstream.readableLength, Math.ceil(bytesPerSecond / ticksPerSecond)));
      if (chunk) client.write(chunk);
    }, 1_000 / ticksPerSecond);
    upstream.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    removeLimit() {
      isSlow = false;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
