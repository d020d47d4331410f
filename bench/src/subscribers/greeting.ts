/**
 * The handshake of a raw WebSocket: its requests and responses, and the message that completes it.
 */
export interface Greeting {
  readonly path: string;
  /** Sent on engine.io's `0`, then on Socket.IO's `40`. */
  readonly onOpen: string | null;
  readonly onConnect: string | null;
  /**
   * The beginning of the message that completes the replica. Null if the open connection is enough.
   */
  readonly readyOn: string | null;
}

const socketIoPath = '/socket.io/?EIO=4&transport=websocket';

export const webSocketGreeting: Greeting = { path: '/', onOpen: null, onConnect: null, readyOn: null };

export function socketIoGreeting(readyOn: string): Greeting {
  return { path: socketIoPath, onOpen: '40', onConnect: null, readyOn };
}

/**
 * The collections that every member sees. The owner's token would also see the audit log, which
 * contains each change a second time.
 */
const collections = ['organization', 'members', 'teams', 'projects'];

export function rollcallGreeting(token: string, org: string): Greeting {
  return {
    path: socketIoPath,
    onOpen: `40${JSON.stringify({ token, v: 1 })}`,
    onConnect: `420${JSON.stringify(['subscribe', { org, collections }])}`,
    readyOn: '42["snapshot-end"',
  };
}
