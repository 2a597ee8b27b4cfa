/** `docs/settings.md`, made from the settings table. `npm run docs` writes it; a test says when it is out of date. */
import { environmentName } from './resolve.ts';
import { SETTING_GROUPS, SETTINGS } from './table.ts';

const INTRODUCTION = `<!-- Made from shared/config/settings/table.ts by \`npm run docs\`. Do not edit. -->

# Settings

Every setting is a flag and an environment variable. The first of these that is given counts:

1. the flag (\`--log-level debug\`),
2. \`CARDINAL_*\` (\`CARDINAL_LOG_LEVEL=debug\`),
3. \`KONG_*\` (\`KONG_LOG_LEVEL=debug\`),
4. the default.

Names are Kong's where Kong has the setting. An empty variable is an unset one. An unknown \`CARDINAL_*\` name stops the
start, with a suggestion; an unknown \`KONG_*\` name is mentioned in the log and not used. \`GET /\` of the Admin API shows what
is in force. Sizes are bytes or \`8k\`, \`10m\`, \`1g\`; durations are \`500ms\`, \`10s\`, \`5m\`, \`1h\`, a bare number is seconds.

\`CARDINAL_*_FILE\` names a file that holds the value instead, for every setting (\`CARDINAL_TOKEN_FILE=/run/secrets/token\`): what is
secret then stands neither in the environment nor in the list of processes. White space around the value is dropped, an
empty file or one that cannot be read stops the start.

Addresses have Kong's syntax: \`HOST:PORT\`, IPv6 in brackets, several with commas, each with flags behind it (\`ssl\`,
\`backlog=N\`); \`off\` for none. Port 0 is any free port. \`reuseport\`, \`deferred\`, \`bind\`, \`http2\`, \`so_keepalive=\` and
\`ipv6only=\` are accepted and change nothing.
`;

export function settingsDocument(): string {
  let text = INTRODUCTION;
  for (const group of SETTING_GROUPS) {
    text += `\n## ${group}\n`;
    for (const [name, definition] of SETTINGS) {
      if (definition.group !== group) continue;
      text += `\n### \`${name}\`\n\n${definition.description}\n\n`;
      text += `- Flag: \`--${definition.flag}\`\n`;
      text += `- Environment: ${variables(name, definition.aliases, definition.kong)}\n`;
      text += `- Value: ${definition.type.label}\n`;
      text += `- Default: ${definition.default === '' ? 'none' : `\`${definition.default}\``}\n`;
      if (definition.products.length === 1) text += `- Only: \`cardinal ${definition.products[0]}\`\n`;
    }
  }
  return text;
}

function variables(name: string, aliases: readonly string[], kong: boolean): string {
  const names = [name, ...aliases];
  const own = names.map((each) => `\`${environmentName(each)}\``);
  const theirs = kong
    ? (aliases.length > 0 ? aliases : [name]).map((each) => `\`KONG_${each.toUpperCase()}\``)
    : [];
  return [...own, ...theirs].join(', ');
}
