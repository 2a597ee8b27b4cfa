/**
 * The kinds of values that settings have: how each is written, checked and shown. `parse` throws an Error
 * whose message goes behind the setting's name (`CARDINAL_WORKERS: must be ...`).
 */
import { isIP } from 'node:net';
import { parseCidr } from '../schema/ip-range.ts';
import { type ListenAddress, parseListen, showAddress, showListen } from './listen.ts';

export interface SettingType<T> {
  /** For the documentation. */
  readonly label: string;
  /** Placeholder in help (`HOST:PORT`). */
  readonly placeholder: string;
  /** The flag needs no value. */
  readonly isSwitch: boolean;
  parse(text: string): T;
  show(value: T): string;
}

export const listen: SettingType<readonly ListenAddress[]> = {
  label: 'addresses (`HOST:PORT`, several with commas, `off`)',
  placeholder: 'HOST:PORT',
  isSwitch: false,
  parse: parseListen,
  show: showListen,
};

/** Of servers that speak plain HTTP only. */
export const plainListen: SettingType<readonly ListenAddress[]> = {
  ...listen,
  label: 'addresses (`HOST:PORT`, several with commas, `off`), without `ssl`',
  parse(text) {
    const addresses = parseListen(text);
    const secured = addresses.find((address) => address.ssl);
    if (secured !== undefined) throw new Error(`'ssl' is not supported here (${showAddress(secured)})`);
    return addresses;
  },
};

export const onOff: SettingType<boolean> = {
  label: '`on` or `off`',
  placeholder: 'on|off',
  isSwitch: true,
  parse(text) {
    if (/^(?:on|true|yes|1)$/i.test(text)) return true;
    if (/^(?:off|false|no|0)$/i.test(text)) return false;
    throw new Error(`must be on or off, not '${text}'`);
  },
  show: (value) => (value ? 'on' : 'off'),
};

export function integer(least: number, most: number): SettingType<number> {
  return {
    label: `number from ${least} to ${most}`,
    placeholder: 'N',
    isSwitch: false,
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= least && value <= most)) {
        throw new Error(`must be a whole number from ${least} to ${most}, not '${text}'`);
      }
      return value;
    },
    show: String,
  };
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes, as nginx writes them: `8192`, `8k`, `10m`, `1g`. */
export function size(least: number, most: number): SettingType<number> {
  return {
    label: 'size in bytes (`8192`, `8k`, `10m`, `1g`)',
    placeholder: 'SIZE',
    isSwitch: false,
    parse(text) {
      const match = /^(\d{1,15})([kmg]?)b?$/i.exec(text);
      const value =
        match === null
          ? Number.NaN
          : Number(match[1]) * (SIZE_UNITS[(match[2] as string).toLowerCase()] ?? 1);
      if (!(value >= least && value <= most)) {
        throw new Error(
          `must be a size from ${showSize(least)} to ${showSize(most)} (like 8k or 10m), not '${text}'`,
        );
      }
      return value;
    },
    show: showSize,
  };
}

function showSize(bytes: number): string {
  for (const [unit, factor] of [['g', 1024 ** 3] as const, ['m', 1024 ** 2] as const, ['k', 1024] as const]) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds; written `10s`, `500ms`, `5m`, `1h`. A bare number is seconds, as in Kong. Bounds in ms. */
export function duration(leastMs: number, mostMs: number): SettingType<number> {
  return {
    label: 'duration (`500ms`, `10s`, `5m`; a bare number is seconds)',
    placeholder: 'TIME',
    isSwitch: false,
    parse(text) {
      const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
      const value = match === null ? Number.NaN : Number(match[1]) * (TIME_UNITS[match[2] ?? ''] as number);
      if (!(value >= leastMs && value <= mostMs)) {
        throw new Error(
          `must be a duration from ${showDuration(leastMs)} to ${showDuration(mostMs)} (like 500ms or 10s), not '${text}'`,
        );
      }
      return Math.round(value);
    },
    show: showDuration,
  };
}

export function showDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  if (ms % 1000 === 0) return `${ms / 1000}s`;
  return `${ms}ms`;
}

export function choice<const T extends string>(...values: readonly T[]): SettingType<T> {
  return {
    label: values.map((value) => `\`${value}\``).join(', '),
    placeholder: values.join('|').length <= 20 ? values.join('|') : 'NAME',
    isSwitch: false,
    parse(text) {
      const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
      if (found === undefined) throw new Error(`must be one of ${values.join(', ')}, not '${text}'`);
      return found;
    },
    show: (value) => value,
  };
}

/** Text that may be empty (= not set). */
export function text(
  placeholder: string,
  label: string,
  check?: (value: string) => string | undefined,
): SettingType<string> {
  return {
    label,
    placeholder,
    isSwitch: false,
    parse(value) {
      const problem = value === '' ? undefined : check?.(value);
      if (problem !== undefined) throw new Error(problem);
      return value;
    },
    show: (value) => value,
  };
}

/** A comma-separated list; empty text is an empty list. */
export function list(
  placeholder: string,
  label: string,
  check: (item: string) => string | undefined,
): SettingType<readonly string[]> {
  return {
    label,
    placeholder,
    isSwitch: false,
    parse(value) {
      const items = value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
      for (const item of items) {
        const problem = check(item);
        if (problem !== undefined) throw new Error(problem);
      }
      return items;
    },
    show: (value) => value.join(','),
  };
}

/** An IP address or CIDR block, or Kong's `unix:`; undefined when it is one. */
export function checkCidr(item: string): string | undefined {
  if (item === 'unix:' || parseCidr(item) !== undefined) return undefined;
  return `'${item}' is not an IP address or CIDR block`;
}

/** An IP address with an optional port (`1.1.1.1`, `1.1.1.1:53`, `[::1]:53`). */
export function checkServer(item: string): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+|[0-9a-fA-F:]+))(?::(\d{1,5}))?$/.exec(item);
  const address = match?.[1] ?? match?.[2] ?? '';
  if (isIP(address) === 0 && isIP(item) === 0) return `'${item}' is not IP or IP:PORT`;
  return undefined;
}

/** `auto` = one per available core. */
export const workerCount: SettingType<number | 'auto'> = {
  label: 'number from 1 to 256, or `auto` (one per available core)',
  placeholder: 'N|auto',
  isSwitch: false,
  parse(value) {
    if (value === 'auto') return 'auto';
    const count = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (count < 1 || count > 256)
      throw new Error(`must be auto or a whole number from 1 to 256, not '${value}'`);
    return count;
  },
  show: String,
};

/** Where the microgateway sends what comes in. */
export interface LocalTarget {
  readonly protocol: 'http' | 'https';
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export const localTarget: SettingType<LocalTarget | undefined> = {
  label: 'URL with scheme, host and port alone',
  placeholder: 'URL',
  isSwitch: false,
  parse(value) {
    if (value === '') return undefined;
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
    const protocol = url?.protocol;
    if (url === null || (protocol !== 'http:' && protocol !== 'https:') || url.hostname === '') {
      throw new Error(`must be a URL like http://127.0.0.1:3000, not '${value}'`);
    }
    if (
      url.pathname !== '/' ||
      url.search !== '' ||
      url.hash !== '' ||
      url.username !== '' ||
      url.password !== ''
    ) {
      throw new Error(`must be scheme, host and port alone (like http://127.0.0.1:3000), not '${value}'`);
    }
    return {
      protocol: protocol === 'https:' ? 'https' : 'http',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port),
    };
  },
  show(value) {
    if (value === undefined) return '';
    const host = value.host.includes(':') ? `[${value.host}]` : value.host;
    return `${value.protocol}://${host}:${value.port}`;
  },
};

/** Where entities are kept; undefined when it can be. */
export function checkStore(value: string): string | undefined {
  if (value === 'off' || value === 'memory') return undefined;
  if (value.startsWith('sqlite:')) {
    return value === 'sqlite:' ? 'needs a path: sqlite:./cardinal.db' : undefined;
  }
  if (/^rediss?(?:\+(?:sentinel|cluster))?:\/\/[^/]/.test(value)) return undefined;
  return `must be off, memory, sqlite:PATH or redis://HOST:PORT, not '${value.replace(/\/\/[^@/]*@/, '//')}'`;
}

/** A URL without credentials, path or query; undefined when it is one. */
export function checkHttpsUrl(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || url.protocol !== 'https:') return `must be https://HOST:PORT, not '${value}'`;
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  )
    return 'must be https://HOST:PORT and nothing else';
  return undefined;
}
