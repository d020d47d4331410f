import { WebSocket } from 'ws';

/**
 * A subscriber that reads no more of a frame than a test needs. The SDK keeps replicas, and 500 of
 * them would need the processor that the server needs.
 */
export class RawSubscriber {
  /** Resolves when the snapshot is complete. Rejects if the connection closes before. */
  readonly ready: Promise<void>;
  /** Called with each message of the server. */
  onMessage: (text: string) => void = () => {};
  /** Called when the server closes the connection. */
  onClose: () => void = () => {};
  readonly #socket: WebSocket;

  constructor(url: string, token: string, org: string) {
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.ready = new Promise((resolve, reject) => {
      this.#socket.on('error', reject).on('close', () => {
        reject(new Error('the server closed the connection of a subscriber'));
        this.onClose();
      });
      this.#socket.on('message', (data) => {
        const text = String(data);
        if (text === '2') this.#socket.send('3');
        else if (text.startsWith('0')) this.#socket.send(`40${JSON.stringify({ token, v: 1 })}`);
        else if (text.startsWith('40')) this.#socket.send(`420${JSON.stringify(['subscribe', { org }])}`);
        else if (text.startsWith('42["snapshot-end"')) resolve();
        else if (/^44|^42\["(revoked|goodbye)"/.test(text)) reject(new Error(`a subscriber was refused: ${text.slice(0, 200)}`));
        this.onMessage(text);
      });
    });
  }

  close(): void {
    this.onClose = () => {};
    this.#socket.close();
  }
}
