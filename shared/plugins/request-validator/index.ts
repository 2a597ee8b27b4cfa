/**
 * request-validator: lets requests through whose body and parameters are what a schema says. Others are refused with
 * 400 before they cost the upstream anything. Bodies have a bound, and so has what looking at them costs.
 */
import { type AccessExchange, definePlugin } from '../contract.ts';
import { compileBody, compileParameter, explain, type ValidateFunction } from './compile.ts';
import { ContentTypes } from './content-types.ts';
import { type Parameter, parameterValue } from './parameters.ts';
import schema from './schema.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);
const BODY_MESSAGE = "request body doesn't conform to schema";
const PARAMETER_MESSAGE = "request param doesn't conform to schema";
const JSON_HEADERS = { headers: [['Content-Type', 'application/json; charset=utf-8']] } as const;

export default definePlugin({
  name: 'request-validator',
  version: '1.0.0',
  priority: 999,
  schema,
  create(config) {
    const { version, verbose_response: verbose } = config;
    const types = new ContentTypes(
      config.allowed_content_types ?? [],
      config.content_type_parameter_validation !== false,
    );
    const body = config.body_schema === null ? undefined : compileBody(config.body_schema, version);
    const parameters = (config.parameter_schema ?? []).map((one): Parameter => {
      const compiled = one.schema === null ? undefined : compileParameter(one.schema, version);
      return {
        place: one.in,
        name: one.name,
        required: one.required,
        style: one.style ?? (one.in === 'query' ? 'form' : 'simple'),
        explode: one.explode ?? one.in === 'query',
        isList: compiled?.isList ?? false,
        validate: compiled?.validate,
      };
    });

    function refuse(exchange: AccessExchange, message: string, detail: string): void {
      exchange.exit(400, JSON.stringify({ message: verbose ? detail : message }), JSON_HEADERS);
    }

    function checkParameters(exchange: AccessExchange): boolean {
      for (const parameter of parameters) {
        const what = `${parameter.place} '${parameter.name}'`;
        const value = parameterValue(exchange, parameter);
        if (value === undefined) {
          if (!parameter.required) continue;
          refuse(exchange, PARAMETER_MESSAGE, `${what} validation failed, required parameter missing`);
          return false;
        }
        const { validate } = parameter;
        if (validate !== undefined && !holds(validate, { value })) {
          const detail = explain(validate.errors, '').replace(/^\/value/, '');
          refuse(exchange, PARAMETER_MESSAGE, `${what} validation failed, ${detail.replace(/^: /, '')}`);
          return false;
        }
      }
      return true;
    }

    async function checkBody(exchange: AccessExchange, validate: ValidateFunction): Promise<void> {
      const { request } = exchange;
      const { headers } = request;
      const contentType = headers.get('content-type');
      const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
      if (!hasBody && WITHOUT_BODY.has(request.method)) return;
      if (contentType === undefined || !types.allow(contentType)) {
        exchange.exit(
          400,
          JSON.stringify({ message: 'specified Content-Type is not allowed' }),
          JSON_HEADERS,
        );
        return;
      }
      if (!/^application\/(?:[a-z0-9.+-]+\+)?json\b/i.test(contentType)) return;
      const octets = await request.readBody(MAX_BODY_BYTES);
      if (octets === null) {
        exchange.fail(413, 'Request body is too large to be validated');
        return;
      }
      let value: unknown;
      try {
        value = JSON.parse(octets.toString('utf8'));
      } catch {
        refuse(exchange, BODY_MESSAGE, 'request body is not valid JSON');
        return;
      }
      if (!holds(validate, value)) refuse(exchange, BODY_MESSAGE, explain(validate.errors, 'body'));
    }

    return {
      access(exchange) {
        if (!checkParameters(exchange)) return;
        return body === undefined ? undefined : checkBody(exchange, body);
      },
    };
  },
});

/** What is nested too deeply to be looked at does not hold. */
function holds(validate: ValidateFunction, value: unknown): boolean {
  try {
    return validate(value) === true;
  } catch {
    validate.errors = null;
    return false;
  }
}
