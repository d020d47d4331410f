/** How a raw WebSocket becomes a subscriber: what it asks for, what it answers, and which message says that it is one. */
export interface Greeting {
  readonly path: string;
  /** Sent on engine.io's `0`, then on Socket.IO's `40`. */
  readonly onOpen: string | null;
  readonly onConnect: string | null;
  /** The beginning of the message with which the copy is complete; null: the open connection is enough. */
  readonly readyOn: string | null;
}

const socketIoPath = '/socket.io/?EIO=4&transport=websocket';

export const webSocketGreeting: Greeting = { path: '/', onOpen: null, onConnect: null, readyOn: null };

export function socketIoGreeting(readyOn: string): Greeting {
  return { path: socketIoPath, onOpen: '40', onConnect: null, readyOn };
}

/** What every member sees. The token is the owner's, whose audit log would tell of each change a second time. */
const collections = ['organization', 'members', 'teams', 'projects'];

export function rollcallGreeting(token: string, org: string): Greeting {
  return {
    path: socketIoPath,
    onOpen: `40${JSON.stringify({ token, v: 1 })}`,
    onConnect: `420${JSON.stringify(['subscribe', { org, collections }])}`,
    readyOn: '42["snapshot-end"',
  };
}
