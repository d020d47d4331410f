/**
 * Parses the options of this process's command line. Exits with the usage on request, or with the
 * problem.
 */
export function readOptions<Options extends object>(parse: (args: readonly string[]) => Options | 'help', usage: string): Options {
  const options = parseOrExit(parse, usage);
  if (options !== 'help') return options;
  console.log(usage);
  process.exit();
}

function parseOrExit<Options>(parse: (args: readonly string[]) => Options, usage: string): Options {
  try {
    return parse(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
