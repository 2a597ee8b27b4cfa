/** Reads server-sent events (WHATWG HTML, "server-sent events") from a body. Comments are left out; each event is bounded. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

const MOST_CHARACTERS = 1024 * 1024;

/** Ends with the body. Throws when a line or an event has no end. */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = 'message';
  let data: string[] = [];
  let held = 0;
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r?\n/);
    rest = lines.pop() as string;
    if (rest.length + held > MOST_CHARACTERS) throw new Error('an event without end');
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') };
        event = 'message';
        data = [];
        held = 0;
      } else if (line.startsWith('data:')) {
        data.push(line.slice(5).replace(/^ /, ''));
        held += line.length;
      } else if (line.startsWith('event:')) event = line.slice(6).trim();
    }
  }
}
