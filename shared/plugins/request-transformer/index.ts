/**
 * request-transformer: changes the request on its way to the upstream: path, method, headers, body, query, in
 * Kong's order. Values may be templates over the request as it came. What a request brings can end no header
 * line and lead to no other path.
 */
import { type AccessExchange, definePlugin } from '../contract.ts';
import { headerText } from '../header-text.ts';
import type { Names } from '../template/expression.ts';
import { compileTemplate, RequestNames, type Template } from '../template/template.ts';
import { applyChanges, type Changes, TemplatedChanges } from '../transform/changes.ts';
import { FormValues } from '../transform/form-values.ts';
import { HeaderValues } from '../transform/header-values.ts';
import { bodyType, changeBody } from './body.ts';
import schema from './schema.ts';
import { upstreamPath } from './upstream-path.ts';

/** Longest body that is read to be changed. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const METHODS_WITHOUT_BODY = new Set(['GET', 'HEAD', 'TRACE']);

type Kind = 'headers' | 'body' | 'querystring';

export default definePlugin({
  name: 'request-transformer',
  version: '3.10.0',
  priority: 801,
  schema,
  create(config) {
    const { remove, rename, replace, add, append, http_method: method } = config;
    const changesOf = (kind: Kind, replaced: readonly string[] = replace[kind]) =>
      new TemplatedChanges({
        remove: remove[kind],
        rename: rename[kind],
        replace: replaced,
        add: add[kind],
        append: append[kind],
      });
    const host = hostTemplate(replace.headers);
    const headers = changesOf('headers');
    const body = changesOf('body');
    const query = changesOf('querystring');
    const uri = replace.uri === null ? undefined : compileTemplate(replace.uri);
    const movesForm = method !== null && METHODS_WITHOUT_BODY.has(method);
    const dots = config.dots_in_keys === false;

    return {
      access(exchange) {
        const names = new RequestNames(exchange);
        // Rendered over the request as it came, before anything is changed.
        const headerChanges = headers.isEmpty ? undefined : headers.for(names);
        const bodyChanges = body.isEmpty ? undefined : body.for(names);
        const queryChanges = query.isEmpty ? undefined : query.for(names);
        if (uri !== undefined && !replacePath(exchange, uri, names)) return;
        if (method !== null) exchange.forwardAs({ method });
        if (host !== undefined && !replaceHost(exchange, host, names)) return;
        if (headerChanges !== undefined)
          applyChanges(new HeaderValues(exchange.request.headers), headerChanges);
        if (bodyChanges !== undefined || movesForm)
          return withBody(exchange, bodyChanges, queryChanges, movesForm, dots);
        if (queryChanges !== undefined) changeQuery(exchange, queryChanges);
      },
    };
  },
});

/** `Host` can be replaced and nothing else; it is always there. */
function hostTemplate(replaced: readonly string[]): Template | undefined {
  const text = replaced.findLast((one) => /^host:/i.test(one));
  return text === undefined ? undefined : compileTemplate(text.slice(5).replace(/^:+/, ''));
}

function replaceHost(exchange: AccessExchange, template: Template, names: Names): boolean {
  const host = headerText(template.render(names)).trim();
  if (host === '') return true;
  if (!/^[A-Za-z0-9._~!$&'()*+,;=:[\]%-]{1,300}$/.test(host)) {
    exchange.fail(400, 'Bad request');
    return false;
  }
  exchange.forwardAs({ host });
  return true;
}

function replacePath(exchange: AccessExchange, template: Template, names: Names): boolean {
  const path = upstreamPath(template.render(names));
  if (path === undefined) {
    exchange.fail(400, 'Bad request');
    return false;
  }
  exchange.forwardAs({ path });
  return true;
}

function changeQuery(exchange: AccessExchange, changes: Changes<string>, moved?: FormValues): void {
  const { request } = exchange;
  const values = new FormValues(request.query);
  if (values.tooMany) {
    exchange.fail(400, 'Bad request');
    return;
  }
  if (moved !== undefined) values.appendAll(moved);
  applyChanges(values, changes);
  request.query = values.toString();
}

const NO_CHANGES: Changes<string> = { remove: [], rename: [], replace: [], add: [], append: [] };

async function withBody(
  exchange: AccessExchange,
  bodyChanges: Changes<string> | undefined,
  queryChanges: Changes<string> | undefined,
  movesForm: boolean,
  dots: boolean,
): Promise<void> {
  const { request } = exchange;
  const contentType = request.headers.get('content-type') ?? '';
  const type = bodyType(contentType);
  let moved: FormValues | undefined;
  if (type !== undefined && (bodyChanges !== undefined || type === 'form')) {
    const octets = await request.readBody(MAX_BODY_BYTES);
    if (octets === null) {
      exchange.fail(413, 'Request body is too large to be transformed');
      return;
    }
    if (movesForm && type === 'form') moved = new FormValues(octets.toString('latin1'));
    const changed =
      bodyChanges === undefined ? undefined : changeBody(type, contentType, octets, bodyChanges, dots);
    if (changed !== undefined && !changed.equals(octets)) request.replaceBody(changed);
  }
  if (queryChanges !== undefined || (moved !== undefined && !moved.isEmpty))
    changeQuery(exchange, queryChanges ?? NO_CHANGES, moved);
}
