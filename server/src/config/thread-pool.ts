const variable = 'UV_THREADPOOL_SIZE';
const threadsDefault = 4;
const threadsMax = 1024;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The size of libuv's thread pool, as libuv itself reads it from the environment of the process: 1
 * for a text that does not begin with a number, also for an empty one. Node starts the pool to load
 * the first module, so no code can set the size before that.
 */
export function readThreadPoolSize(processEnvironment: Variables): number {
  const text = processEnvironment[variable];
  if (text === undefined) return threadsDefault;
  return Math.min(threadsMax, Math.max(1, Number.parseInt(text, 10) || 1));
}

/** A warning if the settings have a size that is not in the environment of the process. */
export function findLateThreadPoolSize(settings: Variables, processEnvironment: Variables): string[] {
  const text = settings[variable]?.trim() ?? '';
  if (text === '' || settings[variable] === processEnvironment[variable]) return [];
  return [`${variable} has no effect in a .env file, because Node reads it earlier. Set it in the environment of the process.`];
}
