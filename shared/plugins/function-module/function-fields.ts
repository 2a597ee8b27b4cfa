/** Configuration of pre-function and post-function: a module instead of Kong's Lua. */
import { array, json, record, string } from '../../config/schema/field.ts';

/** Kong's phases, in which it takes Lua. */
const LUA_PHASES = ['certificate', 'rewrite', 'access', 'header_filter', 'body_filter', 'log'] as const;

function luaError(chunks: readonly unknown[]): string | undefined {
  return chunks.length === 0
    ? undefined
    : 'Lua is not run here; put the code into a JavaScript or TypeScript module and name it in config.module';
}

const lua = (phase: string) =>
  array(string(), {
    default: [],
    custom: luaError,
    description: `Refused unless empty: Lua for the phase ${phase}.`,
  });

export const config = record(
  {
    module: string({
      required: true,
      custom: (path: string) =>
        /^\/.*\.(?:[cm]?js|ts)$/s.test(path)
          ? undefined
          : 'must be the absolute path of a .js, .mjs, .cjs or .ts file',
      description: 'File whose default export gives the phases.',
    }),
    options: json({ description: 'Whatever the module wants to know; it is handed to it.' }),
    ...(Object.fromEntries(LUA_PHASES.map((phase) => [phase, lua(phase)])) as Record<
      (typeof LUA_PHASES)[number],
      ReturnType<typeof lua>
    >),
  },
  { required: true },
);
