/**
 * Bodies of the responses that the gateway makes itself, in Kong's two shapes (Kong: error templates).
 * The form follows the request's `Accept`.
 */

export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

type Form = 'json' | 'html' | 'xml' | 'plain';

const CONTENT_TYPES: Readonly<Record<Form, string>> = {
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  plain: 'text/plain; charset=utf-8',
};

/** Kong's error template filled in: message and request id, in the form the client prefers. */
export function errorBody(
  message: string,
  requestId: string,
  accept: string | undefined,
  fallback: Form = 'json',
): ErrorBody {
  const form = preferred(accept, fallback);
  return { contentType: CONTENT_TYPES[form], body: render(form, message, requestId) };
}

/** The form for errors raised below the plugins: by `Accept`, else the request's type, else plain text. */
export function formOfRequest(contentType: string | undefined): Form {
  if (contentType === undefined) return 'plain';
  return formOf(contentType.split(';', 1)[0]!.trim().toLowerCase()) ?? 'plain';
}

function render(form: Form, message: string, requestId: string): string {
  switch (form) {
    case 'json':
      return `{\n  "message":${JSON.stringify(message)},\n  "request_id":"${requestId}"\n}`;
    case 'plain':
      return `${message}\nrequest_id: ${requestId}\n`;
    case 'html': {
      const text = escapeMarkup(message);
      return (
        `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>${text}</title>\n  </head>\n` +
        `  <body>\n    <h1>${text}</h1>\n    <p>${text}.</p>\n    <p>request_id: ${requestId}</p>\n  </body>\n</html>\n`
      );
    }
    case 'xml':
      return (
        `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${escapeMarkup(message)}</message>\n` +
        `  <requestid>${requestId}</requestid>\n</error>\n`
      );
  }
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function formOf(mediaType: string): Form | undefined {
  switch (mediaType) {
    case 'application/json':
    case 'application/*':
      return 'json';
    case 'text/html':
    case 'text/*':
      return 'html';
    case 'application/xml':
    case 'text/xml':
      return 'xml';
    case 'text/plain':
      return 'plain';
    default:
      return undefined;
  }
}

/** Highest q wins, the first of equals; what is unknown or absent is the fallback. */
function preferred(accept: string | undefined, fallback: Form): Form {
  if (accept === undefined || accept === '*/*' || accept.length > 1024) return fallback;
  let best: Form | undefined;
  let bestQ = 0;
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';');
    const mediaType = type!.trim().toLowerCase();
    const form = mediaType === '*/*' ? fallback : formOf(mediaType);
    if (form === undefined) continue;
    let q = 1;
    for (const parameter of parameters) {
      const found = /^\s*q=([01](?:\.[0-9]{0,3})?)\s*$/i.exec(parameter);
      if (found !== null) q = Number(found[1]);
    }
    if (q > bestQ) {
      best = form;
      bestQ = q;
    }
  }
  return best ?? fallback;
}
