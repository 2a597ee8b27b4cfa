/** What the guided page makes, as entities in their order: the service, its first route, plugins of the service. */

export interface Guided {
  readonly url: string;
  readonly name: string;
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  readonly stripPath: boolean;
  readonly keyAuth: boolean;
  /** Requests a minute; empty: no limit. */
  readonly perMinute: string;
  readonly cors: boolean;
}

export const BLANK: Guided = {
  url: '',
  name: '',
  paths: [],
  hosts: [],
  methods: [],
  stripPath: true,
  keyAuth: false,
  perMinute: '',
  cors: false,
};

export interface Plan {
  readonly service: Readonly<Record<string, unknown>>;
  readonly route: Readonly<Record<string, unknown>>;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

export function planOf(form: Guided): Plan {
  const name = form.name.trim() === '' ? {} : { name: form.name.trim() };
  const list = (field: string, values: readonly string[]) => (values.length === 0 ? {} : { [field]: values });
  const limit = Number(form.perMinute);
  return {
    service: { ...name, url: form.url.trim() },
    route: {
      ...name,
      ...list('hosts', form.hosts),
      ...list('paths', form.paths),
      ...list('methods', form.methods),
      ...(form.stripPath ? {} : { strip_path: false }),
    },
    plugins: [
      ...(form.keyAuth ? [{ name: 'key-auth' }] : []),
      ...(form.perMinute.trim() === ''
        ? []
        : [
            {
              name: 'rate-limiting',
              config: { minute: Number.isNaN(limit) ? form.perMinute : limit, policy: 'local' },
            },
          ]),
      ...(form.cors ? [{ name: 'cors' }] : []),
    ],
  };
}

/** A name from an address, when none was given: `http://orders.internal:3000` is called orders. */
export function suggestedName(url: string): string {
  const host = URL.parse(url)?.hostname ?? '';
  if (host === '' || /^[\d.]+$/.test(host) || host.startsWith('[')) return '';
  return host.split('.')[0] ?? '';
}

/** Nested, as one would write it in a file. */
export function planYaml({ service, route, plugins }: Plan): Readonly<Record<string, unknown>> {
  return { ...service, routes: [route], ...(plugins.length === 0 ? {} : { plugins }) };
}
