/**
 * response-transformer: changes headers and JSON bodies of responses. A JSON body is held until its end, up to a
 * bound; what cannot be read as a JSON object goes on as it came.
 */
import type { Headers } from '../../http/headers.ts';
import { definePlugin, type PluginInstance } from '../contract.ts';
import { applyChanges, type Changes, cutPair, isEmpty, type Pair } from '../transform/changes.ts';
import { HeaderValues } from '../transform/header-values.ts';
import { JsonValues } from '../transform/json-values.ts';
import { HeldBody } from './held-body.ts';
import schema from './schema.ts';

const NAME = 'response-transformer';
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.-]+\+)?json\s*(?:;|$)/i;

type JsonType = 'boolean' | 'number' | 'string';

export default definePlugin({
  name: NAME,
  version: '3.10.0',
  priority: 800,
  schema,
  create(config, kit) {
    const { remove, rename, replace, add, append } = config;
    const headerChanges: Changes = {
      remove: remove.headers.map((text) => cutPair(text)[0]),
      rename: rename.headers.map(cutPair),
      replace: replace.headers.map(cutPair),
      add: add.headers.map(cutPair),
      append: append.headers.map(cutPair),
    };
    const jsonChanges: Changes = {
      remove: remove.json,
      rename: rename.json.map(cutPair),
      replace: replace.json.map(typed(replace.json_types)),
      add: add.json.map(typed(add.json_types)),
      append: append.json.map(typed(append.json_types)),
    };
    const dots = config.dots_in_keys === false;
    const changesHeaders = !isEmpty(headerChanges);
    const changesJson = !isEmpty(jsonChanges);

    function changed(body: Buffer): Buffer {
      const values = body.length === 0 ? undefined : JsonValues.parse(body.toString('utf8'), dots);
      if (values === undefined) {
        if (body.length > 0) kit.log.warn('the response body is no JSON object and stays as it is');
        return body;
      }
      applyChanges(values, jsonChanges);
      try {
        return Buffer.from(values.toString());
      } catch {
        return body;
      }
    }

    const instance: PluginInstance = {
      response(exchange) {
        const { headers } = exchange.response;
        if (changesJson && isJson(headers)) {
          exchange.note(NAME, new HeldBody(MAX_BODY_BYTES));
          headers.remove('content-length');
          // They speak of other octets.
          for (const name of ['etag', 'content-md5', 'digest', 'content-digest']) headers.remove(name);
        }
        if (changesHeaders) applyChanges(new HeaderValues(headers), headerChanges);
      },
    };
    if (changesJson) {
      instance.responseBody = (exchange, piece, last) => {
        const held = exchange.noted(NAME);
        if (!(held instanceof HeldBody)) return piece;
        if (!held.add(piece)) {
          exchange.note(NAME, undefined);
          kit.log.warn('the response body is too long to be transformed', { limit: MAX_BODY_BYTES });
          return held.all();
        }
        return last ? changed(held.all()) : EMPTY;
      };
    }
    return instance;
  },
});

const EMPTY = Buffer.alloc(0);

function isJson(headers: Headers): boolean {
  const type = headers.get('content-type');
  return type !== undefined && JSON_TYPE.test(type);
}

function typed(types: readonly JsonType[]): (text: string, at: number) => Pair {
  return (text, at) => {
    const [name, value] = cutPair(text);
    switch (types[at]) {
      case 'number': {
        const number = Number(value);
        return [name, Number.isFinite(number) ? number : value];
      }
      case 'boolean':
        return [name, value === 'true'];
      default:
        return [name, value];
    }
  };
}
