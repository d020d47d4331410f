import { canRun } from './executables.ts';

/** What a test that needs {@link findPython} gives as its reason when there is none. */
export const pythonMissing =
  'no Python with socketio and websocket: apt-get install python3-socketio python3-websocket, or pip install "python-socketio[client]"';

/**
 * A Python that can connect to a Socket.IO server by WebSocket, or null. python-socketio's plain (not asyncio)
 * client imports the websocket-client package only when it connects and falls back to nothing, so ask for both.
 */
export async function findPython(): Promise<string | null> {
  // Debian's own first: a python3 of pyenv or a virtual environment, earlier on the PATH, doesn't see Debian's packages.
  for (const command of ['/usr/bin/python3', 'python3']) {
    if (await canRun(command, ['-c', 'import socketio, websocket'], { cwd: '/' })) return command;
  }
  return null;
}
