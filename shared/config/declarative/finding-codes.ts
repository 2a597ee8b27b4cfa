/**
 * Every code that a finding about a configuration can have. Codes are stable: people search for them, and the
 * command line, the log, the Admin API and the UI all show the same one. Never reuse a number.
 */
import type { ProblemKind } from '../schema/problem.ts';

export type FindingCode = keyof typeof FINDING_CODES;

export interface FindingCodeEntry {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** What it means and what to do, for `help <code>`. */
  readonly explanation: string;
}

export const FINDING_CODES = {
  CD1001: error('the file cannot be read', 'Check the path and the permissions of the file.'),
  CD1002: error('unknown file type', 'A configuration file ends in .yml, .yaml or .json.'),
  CD1003: error('the document is too large', 'Split it, or raise the bound for the size of a configuration.'),
  CD1004: error('the document is not UTF-8', 'Save the file in the encoding UTF-8.'),
  CD1005: error('the YAML cannot be parsed', 'Look at indentation, quotes and brackets at the place shown.'),
  CD1006: error('the JSON cannot be parsed', 'Look at commas, quotes and brackets at the place shown.'),
  CD1007: error(
    'a key stands twice in one mapping',
    'Only one of the two could count. Remove one, or merge what they hold.',
  ),
  CD1008: error(
    'an alias cannot be followed',
    'An alias (*name) needs an anchor (&name) above it, must not contain itself, and what all aliases ' +
      'stand for together must have a sensible size.',
  ),
  CD1009: error(
    'nested too deeply',
    'No configuration nests so deeply: look for a bracket that is not closed.',
  ),
  CD1010: error(
    'the document is not a mapping',
    'A configuration is a mapping that starts with _format_version.',
  ),
  CD1011: error(
    'unknown YAML tag',
    'Tags beyond those of YAML itself (!!str, !!int, ...) have no meaning here.',
  ),
  CD1101: error(
    'unknown field',
    'The field does not exist at this place: look at its spelling and indentation.',
  ),
  CD1102: error('required field missing', 'Add the field.'),
  CD1103: error(
    'wrong type',
    'Write a value of the type that is named. Quotes make a number or a truth value text.',
  ),
  CD1104: error('not one of the allowed values', 'Use one of the values that are listed.'),
  CD1105: error('out of range', 'Use a value within the bounds that are named.'),
  CD1106: error('wrong length', 'Make it as long as the message asks for.'),
  CD1107: error('wrong format', 'Write the value in the form that the message describes.'),
  CD1108: error('must not be set here', 'Remove the field, or change the one that forbids it.'),
  CD1109: error('fields do not fit together', 'The message names the fields and the rule between them.'),
  CD1110: error(
    'unknown plugin',
    'The plugin is not loaded: look at its name and at the list of loaded plugins.',
  ),
  CD1111: error(
    'unknown version of the format',
    '_format_version is the text "1.1", "2.1" or "3.0", in quotes: without them YAML reads a number.',
  ),
  CD1112: error('not a reference', 'Name the other entity by its name or its id.'),
  CD1113: error('too many problems', 'Only the first ones are listed. Mend those and check again.'),
  CD1201: error('name used twice', 'Names are unique among the entities of a kind.'),
  CD1202: error('id used twice', 'Ids are unique among the entities of a kind.'),
  CD1203: error('value used twice', 'The value of this field is unique among the entities of a kind.'),
  CD1204: error(
    'the same thing configured twice',
    'Only one of them could take effect. Remove one, or give it another scope.',
  ),
  CD1301: error(
    'reference to nothing',
    'No entity has this name or id: look at its spelling, or add the entity.',
  ),
  CD1401: warning(
    'a vault reference has no value',
    'The environment variable that the reference stands for is not set, so the value is empty.',
  ),
  CD1402: warning('unknown vault', 'Declare a vault with this prefix, or use {vault://env/...}.'),
  CD1501: warning(
    'looks like a regular expression but is a literal prefix',
    'Since version 3.0 of the format, a path is a regular expression only when it starts with "~".',
  ),
  CD1502: warning(
    'HTTPS on port 80',
    'The default port is 80 whatever the protocol is; HTTPS servers listen on 443.',
  ),
  CD1503: warning(
    'a placeholder that nobody replaces',
    'Values are taken as they are. Use {vault://env/name} where a field may be a reference.',
  ),
  CD1504: warning(
    'the plugin never runs',
    'The protocols of the plugin and of what it is attached to have nothing in common.',
  ),
  CD1505: warning(
    'a path that no request can have',
    'Requests with such a path are refused before they are routed, or their path ends earlier.',
  ),
  CD1506: warning(
    'a field that changes nothing',
    'It is taken so that files of Kong can be used as they are; this product has nothing that it would change.',
  ),
} as const satisfies Readonly<Record<string, FindingCodeEntry>>;

function error(title: string, explanation: string): FindingCodeEntry {
  return { severity: 'error', title, explanation };
}
function warning(title: string, explanation: string): FindingCodeEntry {
  return { severity: 'warning', title, explanation };
}

export const CODE_OF_KIND: Readonly<Record<ProblemKind, FindingCode>> = {
  unknown: 'CD1101',
  required: 'CD1102',
  type: 'CD1103',
  enum: 'CD1104',
  range: 'CD1105',
  length: 'CD1106',
  format: 'CD1107',
  forbidden: 'CD1108',
  check: 'CD1109',
  plugin: 'CD1110',
  reference: 'CD1112',
};
