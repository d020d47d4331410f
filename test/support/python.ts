import { canRun } from './executables.ts';

/** The reason for skipping a test that needs {@link findPython}. */
export const pythonMissing =
  'no Python with socketio and websocket: apt-get install python3-socketio python3-websocket, or pip install "python-socketio[client]"';

/**
 * Finds a Python that can connect to a Socket.IO server by WebSocket, or null. python-socketio's
 * plain (not asyncio) client imports websocket-client only when it connects, without an
 * alternative, so both are checked.
 */
export async function findPython(): Promise<string | null> {
  // Debian's own first. A python3 of pyenv or a virtual environment, earlier on the PATH, doesn't
  // see Debian's packages.
  for (const command of ['/usr/bin/python3', 'python3']) {
    if (await canRun(command, ['-c', 'import socketio, websocket'], { cwd: '/' })) return command;
  }
  return null;
}
