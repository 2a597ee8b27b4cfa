/** The work of `cardinal explain`. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { renderInvalid } from '../../shared/cli/render-outcome.ts';
import { resolveSettings } from '../../shared/config/settings/resolve.ts';
import { createReader } from '../../shared/config/source/declarative-reader.ts';
import type { ExplainRequest, Explanation } from '../../shared/explain/contract.ts';
import { type Header, NoRequest } from '../../shared/explain/request.ts';
import { pluginsOrFail } from '../../shared/process/serve.ts';
import { AdminClient, AdminRefusal } from './admin-client.ts';
import { endWithReader } from './end-with-reader.ts';
import { showExplanation } from './show-explanation.ts';

/** Exit code 2 when no route matches. */
export async function explain(call: Call): Promise<number> {
  endWithReader();
  const { flags, io } = call;
  const asked = requestOf(call);
  const file = flags.get('config');
  const explanation = await (file === undefined ? askGateway(call, asked) : askFile(call, file, asked));
  if (flags.get('output') === 'json') io.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else io.write(showExplanation(explanation, io.out));
  return explanation.matched === null ? EXIT.different : EXIT.ok;
}

function requestOf({ positionals, flags }: Call): ExplainRequest {
  const [first, second] = positionals as [string, string?];
  const clientIp = flags.get('client-ip') ?? '127.0.0.1';
  if (isIP(clientIp) === 0)
    throw new CliError(`--client-ip must be an IP address, not '${clientIp}'`, { exitCode: EXIT.usage });
  const headers = (flags.get('header') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Header => {
      const colon = line.indexOf(':');
      if (colon < 1)
        throw new CliError(`--header must be like 'x-version: 2', not '${line}'`, { exitCode: EXIT.usage });
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
  return {
    method: second === undefined ? 'GET' : first.toUpperCase(),
    url: second ?? first,
    headers,
    sni: flags.get('sni'),
    clientIp,
    consumer: flags.get('consumer'),
    listenPort: undefined,
  };
}

async function askGateway({ flags, io }: Call, asked: ExplainRequest): Promise<Explanation> {
  const headers: Record<string, string[]> = Object.create(null);
  for (const [name, value] of asked.headers) (headers[name] ??= []).push(value);
  const { method, url, sni, clientIp, consumer } = asked;
  const request = { method, url, headers, sni, client_ip: clientIp, consumer };
  try {
    const client = new AdminClient(flags, io.env);
    return (await client.expect('POST', '/_cardinal/explain', { request })) as Explanation;
  } catch (error) {
    if (!(error instanceof AdminRefusal)) throw error;
    throw new CliError(error.message, { exitCode: error.status === 400 ? EXIT.usage : EXIT.failed });
  }
}

async function askFile({ flags, io }: Call, file: string, asked: ExplainRequest): Promise<Explanation> {
  const paths = flags.get('plugin-paths');
  const given = new Map(paths === undefined ? [] : [['plugin_paths', paths] as const]);
  const catalog = await pluginsOrFail(resolveSettings('gateway', given, io.env).values);
  const outcome = await createReader(catalog.schemas).readFile(resolve(io.cwd, file));
  if (!outcome.ok) throw renderInvalid(outcome, file, io);
  const { configuration } = outcome;
  await catalog.load(configuration);
  const { Explainer } = await import('../../shared/explain/explainer.ts');
  try {
    const explainer = await Explainer.open({ configuration, definitions: catalog.definitions });
    return await explainer.explain(asked);
  } catch (error) {
    if (error instanceof NoRequest)
      throw new CliError(`${error.field}: ${error.message}`, { exitCode: EXIT.usage });
    if ((error as Error).name === 'RouteCompileError')
      throw new CliError((error as Error).message, { exitCode: EXIT.config });
    throw error;
  }
}
