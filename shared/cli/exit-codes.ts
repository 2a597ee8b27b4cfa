/**
 * The exit codes of every command (the BSD `sysexits` where one fits). People's scripts depend on them:
 * a number never changes its meaning.
 */
export const EXIT = {
  ok: 0,
  /** It failed while running: network, files, a worker that cannot start. */
  failed: 1,
  /** What was looked for is there: `diff` found differences, or is not: `explain` found no route. */
  different: 2,
  /** Wrong usage: unknown command or flag, bad argument. */
  usage: 64,
  /** The configuration (the declarative file) is invalid or cannot be read. */
  config: 65,
  /** Something that is needed is not available: an address that is in use. */
  unavailable: 69,
  /** A setting is invalid (flag value, environment). */
  setting: 78,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Lines of help for the codes a command documents. */
export const EXIT_MEANING: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'it failed while running',
  2: 'there are differences (with --non-zero-exit-code); explain: no route matches; lab diff: something is slower',
  64: 'wrong usage (unknown flag, bad argument)',
  65: 'the configuration is invalid or cannot be read',
  69: 'something it needs is not available (an address is in use)',
  78: 'a setting is invalid (flag or environment)',
  130: 'interrupted twice (SIGINT)',
  143: 'terminated twice (SIGTERM)',
};
