/** Warnings: what is allowed, but hardly what was meant. */
import type { PluginRegistry } from '../plugin-registry.ts';
import { brokenRoutePath } from '../schema/formats.ts';
import { whyNeverMatches } from '../schema/path.ts';
import { isRecord } from '../schema/validate.ts';
import type { EntityNode } from './entity-node.ts';
import type { Finding } from './finding.ts';
import { located, type Origin } from './findings-of.ts';

export function advise(nodes: readonly EntityNode[], origin: Origin, plugins: PluginRegistry): Finding[] {
  const findings: Finding[] = [];
  const withPlaceholders = origin.lines?.text.includes('$') ?? true;
  for (const node of nodes) {
    if (node.definition.collection === 'routes') prefixes(node, origin, findings);
    else if (node.definition.collection === 'services') httpsOnPort80(node, origin, findings);
    else if (node.definition.collection === 'plugins') withoutEffect(node, origin, plugins, findings);
    if (withPlaceholders) placeholders(node, origin, findings);
  }
  deadPlugins(nodes, origin, findings);
  return findings;
}

const LIKE_A_REGEX = /\([^)]*\)|\[[^\]]*\]|\.[*+]|\\[dwsDWS.]|\$$/;

/** Prefixes that no request has, and those that were meant to be regular expressions. */
function prefixes(node: EntityNode, origin: Origin, findings: Finding[]): void {
  const paths = node.value['paths'] as readonly string[] | null;
  paths?.forEach((path, i) => {
    if (path.startsWith('~')) return;
    if (LIKE_A_REGEX.test(path) && brokenRoutePath(`~${path}`) === undefined) {
      findings.push(
        located(
          'CD1501',
          `\`${path}\` looks like a regular expression but is a literal prefix`,
          origin,
          [...node.path, 'paths', i],
          'value',
          {
            label: 'matches these very characters',
            help: `for a regular expression write \`~${path}\``,
            suggestion: `~${path}`,
          },
        ),
      );
      return;
    }
    const reason = whyNeverMatches(path);
    if (reason === undefined) return;
    const message = `\`${path}\` never matches: ${reason}`;
    findings.push(located('CD1505', message, origin, [...node.path, 'paths', i], 'value'));
  });
}

function httpsOnPort80(node: EntityNode, origin: Origin, findings: Finding[]): void {
  const { value, input } = node;
  if (value['port'] !== 80 || input['port'] !== undefined || input['url'] !== undefined) return;
  if (value['protocol'] !== 'https' && value['protocol'] !== 'grpcs' && value['protocol'] !== 'tls') return;
  const message = `the protocol is ${value['protocol']} but the port is 80, the default for every protocol`;
  findings.push(
    located('CD1502', message, origin, [...node.path, 'protocol'], 'value', { help: 'add `port: 443`' }),
  );
}

/** Fields that only files of Kong have. The default changes nothing in Kong either. */
function withoutEffect(node: EntityNode, origin: Origin, plugins: PluginRegistry, findings: Finding[]): void {
  const config = node.input['config'];
  const schema = plugins.schema(String(node.value['name']))?.config;
  if (schema === undefined || !isRecord(config)) return;
  const { fields, options } = schema;
  for (const [name, value] of Object.entries(config)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const shorthand = Object.hasOwn(options.shorthands ?? {}, name) ? options.shorthands?.[name] : undefined;
    const reason = field?.options.noEffect ?? shorthand?.noEffect;
    if (reason === undefined || value === null || value === field?.options.default) continue;
    const message = `\`${name}\` changes nothing: ${reason}`;
    findings.push(located('CD1506', message, origin, [...node.path, 'config', name], 'key'));
  }
}

const PLACEHOLDER = /\$\{\{\s*env\b|^\$\{?[A-Z][A-Z0-9_]{2,}\}?$/;

/** Only texts directly in the entity and its configuration: that is where people put secrets and hosts. */
function placeholders(node: EntityNode, origin: Origin, findings: Finding[]): void {
  const look = (record: unknown, path: readonly (string | number)[]) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return;
    for (const [key, value] of Object.entries(record)) {
      if (typeof value !== 'string' || value.length > 256 || !value.includes('$') || !PLACEHOLDER.test(value))
        continue;
      findings.push(
        located(
          'CD1503',
          `\`${value}\` is taken as it stands: nothing replaces it`,
          origin,
          [...path, key],
          'value',
          {
            help: 'where the field may be a reference, write {vault://env/<name>}',
          },
        ),
      );
    }
  };
  look(node.input, node.path);
  if (node.definition.collection === 'plugins') look(node.input['config'], [...node.path, 'config']);
}

/** A plugin whose protocols have nothing in common with its route, or with any route of its service. */
function deadPlugins(nodes: readonly EntityNode[], origin: Origin, findings: Finding[]): void {
  const ofRoute = new Map<string, readonly string[]>();
  const ofService = new Map<string, Set<string>>();
  for (const { definition, value } of nodes) {
    if (definition.collection !== 'routes') continue;
    const protocols = value['protocols'] as readonly string[];
    ofRoute.set(value['id'] as string, protocols);
    const service = value['service'] as { readonly id: string } | null;
    if (service === null) continue;
    const all = ofService.get(service.id) ?? new Set();
    for (const protocol of protocols) all.add(protocol);
    ofService.set(service.id, all);
  }
  for (const node of nodes) {
    if (node.definition.collection !== 'plugins') continue;
    const protocols = node.value['protocols'] as readonly string[];
    const route = node.value['route'] as { readonly id: string } | null;
    const service = node.value['service'] as { readonly id: string } | null;
    const serves = (others: Iterable<string> | undefined) =>
      others === undefined || [...others].some((protocol) => protocols.includes(protocol));
    let message: string | undefined;
    if (route !== null && !serves(ofRoute.get(route.id)))
      message = "must match the associated route's protocols";
    else if (service !== null && !serves(ofService.get(service.id))) {
      message = "must match the protocols of at least one route pointing to this Plugin's service";
    }
    if (message === undefined) continue;
    findings.push(
      located(
        'CD1504',
        `plugin \`${String(node.value['name'])}\` never runs: its protocols ${message}`,
        origin,
        [...node.path, 'protocols'],
        'value',
      ),
    );
  }
}
