/**
 * Documents with mistakes that people make, and what they must be told: the code, the line and column (1-based) and
 * the proposed replacement. `«` and `»` mark the characters that are underlined; they are taken out before the text
 * is read, so that the expected place stands where it belongs. Several marks are expected in the order of the text.
 */
export interface BrokenDocument {
  readonly name: string;
  readonly format?: 'yaml' | 'json';
  readonly text: string;
  readonly expected: readonly {
    readonly code: string;
    readonly suggestion?: string;
    readonly says?: RegExp;
  }[];
}

const v3 = (rest: string) => `_format_version: "3.0"\n${rest}`;
const service = (fields: string) => v3(`services:\n  - name: orders\n    host: orders.internal\n${fields}`);
const route = (fields: string) => service(`    routes:\n      - name: list\n${fields}`);
const plugin = (fields: string) => v3(`plugins:\n  - ${fields}`);

export const BROKEN_DOCUMENTS: readonly BrokenDocument[] = [
  {
    name: 'the version is a number',
    text: '_format_version: «3.0»\n',
    expected: [{ code: 'CD1111', says: /expected a string/ }],
  },
  {
    name: 'an unknown version',
    text: '_format_version: «"2.0"»\n',
    expected: [{ code: 'CD1111', says: /expected one of: 1\.1, 2\.1, 3\.0/ }],
  },
  {
    name: 'no version',
    text: '«services»: []\n',
    expected: [{ code: 'CD1102', says: /required field missing/ }],
  },
  { name: 'an empty file', text: '', expected: [{ code: 'CD1010', says: /expected an object/ }] },
  { name: 'a list', text: '«-» a\n- b\n', expected: [{ code: 'CD1010' }] },
  {
    name: 'a misspelt collection',
    text: v3('«servces»:\n  - host: a\n'),
    expected: [{ code: 'CD1101', suggestion: 'services' }],
  },
  {
    name: 'a key of another tool',
    text: v3('«_info»:\n  select_tags: [a]\n'),
    expected: [{ code: 'CD1101', says: /unknown field/ }],
  },
  {
    name: 'a collection that is no list',
    text: v3('services:\n  «name: a\n  host: b»\n'),
    expected: [{ code: 'CD1103', says: /expected an array/ }],
  },
  {
    name: 'an entity that is no record',
    text: v3('services:\n  - «orders»\n'),
    expected: [{ code: 'CD1103', says: /expected a record/ }],
  },
  {
    name: 'a misspelt field',
    text: service('    «conect_timeout»: 5\n'),
    expected: [{ code: 'CD1101', suggestion: 'connect_timeout' }],
  },
  {
    name: 'a misspelt field of a nested route',
    text: route('        paths: [/a]\n        «strip_paths»: true\n'),
    expected: [{ code: 'CD1101', suggestion: 'strip_path' }],
  },
  {
    name: 'a misspelt nested collection',
    text: service('    «route»:\n      - paths: [/a]\n'),
    expected: [{ code: 'CD1101', suggestion: 'routes' }],
  },
  {
    name: 'a field without its host',
    text: v3('services:\n  - «name»: orders\n'),
    expected: [{ code: 'CD1102', says: /required field missing: `host` of service `orders`/ }],
  },
  {
    name: 'a host written as nothing',
    text: v3('services:\n  - name: orders\n    «host»:\n'),
    expected: [{ code: 'CD1102' }],
  },
  {
    name: 'a number in quotes',
    text: service('    port: «"8080"»\n'),
    expected: [{ code: 'CD1103', says: /expected an integer/ }],
  },
  {
    name: 'a fraction where an integer belongs',
    text: service('    retries: «1.5»\n'),
    expected: [{ code: 'CD1103', says: /expected an integer/ }],
  },
  {
    name: 'a truth value in quotes',
    text: service('    enabled: «"true"»\n'),
    expected: [{ code: 'CD1103', says: /expected a boolean/ }],
  },
  {
    name: 'an unquoted number as a name',
    text: v3('services:\n  - name: «8080»\n    host: a\n'),
    expected: [{ code: 'CD1103', says: /expected a string/ }],
  },
  {
    name: 'an unquoted no as a name',
    text: v3('consumers:\n  - username: «no»\n'),
    expected: [{ code: 'CD1103', says: /expected a string/ }],
  },
  {
    name: 'a port out of range',
    text: service('    port: «70000»\n'),
    expected: [{ code: 'CD1105', says: /value should be between 0 and 65535/ }],
  },
  {
    name: 'an unknown protocol',
    text: service('    protocol: «htpp»\n'),
    expected: [{ code: 'CD1104', suggestion: 'http' }],
  },
  {
    name: 'a host with a port',
    text: v3('services:\n  - host: «orders.internal:8080»\n'),
    expected: [{ code: 'CD1107', says: /must not have a port/ }],
  },
  {
    name: 'a host that is a URL',
    text: v3('services:\n  - host: «"http://orders/"»\n'),
    expected: [{ code: 'CD1107', says: /invalid value: http:\/\/orders\// }],
  },
  {
    name: 'a name with a blank',
    text: v3('services:\n  - name: «my orders»\n    host: a\n'),
    expected: [{ code: 'CD1107', says: /the only accepted ascii characters are/ }],
  },
  {
    name: 'a service path without a slash',
    text: service('    path: «api»\n'),
    expected: [{ code: 'CD1107', says: /should start with: \// }],
  },
  {
    name: 'a service path with a wrong escape',
    text: service('    path: «/a%zz»\n'),
    expected: [{ code: 'CD1107', says: /invalid url-encoded value: '%zz'/ }],
  },
  {
    name: 'a path for TCP',
    text: v3('services:\n  - «host»: a\n    protocol: tcp\n    path: «/x»\n'),
    expected: [
      { code: 'CD1109', says: /failed conditional validation given value of field 'protocol'/ },
      { code: 'CD1109', says: /value must be null/ },
    ],
  },
  {
    name: 'a route path without a slash',
    text: route('        paths: [«"orders"», /b]\n'),
    expected: [{ code: 'CD1107', says: /should start with: \/ \(fixed path\) or ~\/ \(regex path\)/ }],
  },
  {
    name: 'a route path that is not normal',
    text: route('        paths:\n          - /a\n          - «/b/../c»\n'),
    expected: [{ code: 'CD1107', says: /non-normalized path, consider use '\/c' instead/ }],
  },
  {
    name: 'a regular expression that does not compile',
    text: route('        paths: ["/a", «"~/(b"»]\n'),
    expected: [{ code: 'CD1107', says: /invalid regex: '\/\(b'/ }],
  },
  {
    name: 'look-ahead in a path',
    text: route('        paths: [«~/a(?!b)»]\n'),
    expected: [{ code: 'CD1107', says: /look-around is not supported/ }],
  },
  {
    name: 'what the engine that routes refuses beside that',
    text: route(
      '        paths:\n          - «~/(a)\\1»\n          - «"~/a[^/]{2000}"»\n          - «~/[a-z&&b]»\n          - ~/ok\n',
    ),
    expected: [
      { code: 'CD1107', says: /Router Expression failed validation: .*back-references are not supported/ },
      { code: 'CD1107', says: /Router Expression failed validation: .*repeat/ },
      { code: 'CD1107', says: /Router Expression failed validation: .*&&/ },
    ],
  },
  {
    name: 'a header value whose expression does not compile',
    text: route('        headers: {x-a: [one, «"~*("», "("], X-B: [«"~*(?=a)"»]}\n'),
    expected: [
      { code: 'CD1107', says: /invalid regex: '\(' \(PCRE returned: missing closing \)/ },
      { code: 'CD1107', says: /look-around is not supported/ },
    ],
  },
  {
    name: 'a path of an old file that is marked already',
    text: '_format_version: "2.1"\nroutes:\n  - paths: [«"~/foo/[^/]+"»]\n',
    expected: [{ code: 'CD1107', says: /should start with/ }],
  },
  {
    name: 'two wildcards in a host',
    text: route('        hosts: [«"*.a.*"»]\n'),
    expected: [{ code: 'CD1107', says: /must have at most one wildcard/ }],
  },
  {
    name: 'lower-case methods',
    text: route('        methods: [GET, «post»]\n'),
    expected: [{ code: 'CD1107', says: /invalid value: post/ }],
  },
  {
    name: 'text where a list belongs',
    text: route('        paths: «/orders»\n'),
    expected: [{ code: 'CD1103', says: /expected an array/ }],
  },
  {
    name: 'a route that takes everything',
    text: service('    routes:\n      - «name»: all\n'),
    expected: [{ code: 'CD1109', says: /must set one of 'methods', 'hosts', 'headers', 'paths', 'snis'/ }],
  },
  {
    name: 'mixed kinds of protocols',
    text: route('        paths: [/a]\n        protocols: «[http, tcp]»\n'),
    expected: [{ code: 'CD1107', says: /mutually exclusive: \('http', 'https'\), \('tcp', 'tls', 'udp'\)/ }],
  },
  {
    name: 'paths of a stream route',
    text: v3('routes:\n  - protocols: [tcp]\n    sources: [{port: 1}]\n    paths: «[/a]»\n'),
    expected: [{ code: 'CD1109', says: /cannot set 'paths' when 'protocols' is 'tcp'/ }],
  },
  {
    name: 'SNIs without TLS',
    text: v3('routes:\n  - «protocols»: [http]\n    paths: [/a]\n    snis: «[a.example]»\n'),
    expected: [
      { code: 'CD1109', says: /'snis' can only be set when 'protocols' is/ },
      { code: 'CD1109', says: /length must be 0/ },
    ],
  },
  {
    name: 'the Host header among the headers',
    text: route('        headers:\n          Host: «[a]»\n'),
    expected: [{ code: 'CD1107', says: /cannot contain 'host' header/ }],
  },
  {
    name: 'a consumer without a name',
    text: v3('consumers:\n  - «tags»: [a]\n'),
    expected: [
      { code: 'CD1109', says: /at least one of these fields must be non-empty: 'custom_id', 'username'/ },
    ],
  },
  {
    name: 'a plugin that is not loaded',
    text: plugin('name: «rate-limitng»\n'),
    expected: [{ code: 'CD1110', suggestion: 'rate-limiting', says: /plugin 'rate-limitng' not enabled/ }],
  },
  {
    name: 'a misspelt setting of a plugin',
    text: plugin('name: rate-limiting\n    config:\n      second: 1\n      «minut»: 5\n'),
    expected: [{ code: 'CD1101', suggestion: 'minute' }],
  },
  {
    name: 'a value that a plugin does not know',
    text: plugin('name: rate-limiting\n    config: {minute: 5, policy: «lcal»}\n'),
    expected: [{ code: 'CD1104', suggestion: 'local' }],
  },
  {
    name: 'a scope that a plugin does not have',
    text: v3(
      'consumers:\n  - username: alice\n    plugins:\n      - «name»: acl\n        config: {allow: [a]}\n',
    ),
    expected: [{ code: 'CD1108', says: /value must be null/ }],
  },
  {
    name: 'a protocol that a plugin does not have',
    text: plugin('name: cors\n    protocols: [http, «tcp»]\n'),
    expected: [{ code: 'CD1104', says: /expected one of: grpc, grpcs, http, https/ }],
  },
  {
    name: 'a reference to a misspelt service',
    text: v3('services:\n  - name: orders\n    host: a\nroutes:\n  - paths: [/a]\n    service: «order»\n'),
    expected: [
      {
        code: 'CD1301',
        suggestion: 'orders',
        says: /invalid reference 'service: order' \(no such entry in 'services'\)/,
      },
    ],
  },
  {
    name: 'a nested plugin with a consumer that does not exist',
    text: route('        paths: [/a]\n        plugins:\n          - name: cors\n').replace(
      'name: cors\n',
      'name: tcp-log\n            config: {host: a, port: 1}\n            consumer: «alice»\n',
    ),
    expected: [{ code: 'CD1301', says: /consumer: alice/ }],
  },
  {
    name: 'a reference by a record with a name',
    text: v3('services: [{name: a, host: a}]\nroutes:\n  - paths: [/a]\n    service: {«name»: a}\n'),
    expected: [{ code: 'CD1112', says: /missing primary key/ }],
  },
  {
    name: 'a name used twice',
    text: v3('services:\n  - {name: a, host: a}\n  - {name: «a», host: b}\n'),
    expected: [
      {
        code: 'CD1201',
        says: /uniqueness violation: 'services' entity with name set to 'a' already declared/,
      },
    ],
  },
  {
    name: 'an id used twice',
    text: v3(
      'services:\n  - {id: 0855b320-0dd2-547d-891d-601e9b38647f, host: a}\n  - {id: «0855B320-0dd2-547d-891d-601e9b38647f», host: b}\n',
    ),
    expected: [{ code: 'CD1202', says: /primary key set to '0855b320-0dd2-547d-891d-601e9b38647f'/ }],
  },
  {
    name: 'a custom id used twice',
    text: v3('consumers:\n  - {username: a, custom_id: x}\n  - {username: b, custom_id: «x»}\n'),
    expected: [{ code: 'CD1203', says: /'consumers' entity with custom_id set to 'x'/ }],
  },
  {
    name: 'the same plugin twice in one scope',
    text: service('    plugins:\n      - name: cors\n      - «name: cors»\n'),
    expected: [{ code: 'CD1204', says: /uniqueness violation: 'plugins' entity/ }],
  },
  {
    name: 'a target that is no address',
    text: v3('upstreams:\n  - name: orders.internal\n    targets:\n      - target: «10.0.0.300:80»\n'),
    expected: [
      { code: 'CD1107', says: /Invalid target \('10\.0\.0\.300:80'\); not a valid hostname or ip address/ },
    ],
  },
  {
    name: 'an upstream named by an address',
    text: v3('upstreams:\n  - name: «10.0.0.1»\n'),
    expected: [{ code: 'CD1107', says: /no ip addresses allowed/ }],
  },
  {
    name: 'hashing without a header',
    text: v3('upstreams:\n  - «name»: a\n    hash_on: header\n'),
    expected: [
      { code: 'CD1109', says: /required field missing/ },
      { code: 'CD1109', says: /failed conditional validation given value of field 'hash_on'/ },
    ],
  },
  {
    name: 'an SNI as text',
    text: v3('certificates:\n  - {cert: «x», key: «x», snis: [«a.example»]}\n'),
    expected: [
      { code: 'CD1107', says: /invalid certificate/ },
      { code: 'CD1107', says: /invalid key/ },
      { code: 'CD1103', says: /expected a record/ },
    ],
  },
  {
    name: 'a vault that is not installed',
    text: v3('vaults:\n  - {prefix: my, name: «hcv»}\n'),
    expected: [{ code: 'CD1107', says: /vault 'hcv' is not installed/ }],
  },
  {
    name: 'a tag with a comma',
    text: service('    tags: [a, «"b,c"»]\n'),
    expected: [{ code: 'CD1107', says: /invalid tag 'b,c'/ }],
  },
  {
    name: 'a key twice in one mapping',
    text: service('    port: 80\n    «port»: 81\n'),
    expected: [{ code: 'CD1007', says: /`port` stands twice/ }],
  },
  {
    name: 'a tab as indentation',
    text: v3('services:\n«\t»- host: a\n'),
    expected: [{ code: 'CD1005', says: /Tabs are not allowed/ }],
  },
  {
    name: 'an alias without an anchor',
    text: v3('services:\n  - «*orders»\n'),
    expected: [{ code: 'CD1008', says: /no anchor `&orders`/ }],
  },
  {
    name: 'a tag of another tool',
    text: v3('consumers:\n  - username: !env «NAME»\n'),
    expected: [{ code: 'CD1011', says: /unknown YAML tag `!env`/ }],
  },
  {
    name: 'two documents in one file',
    text: `---\n${v3('')}«-»--\nservices: []\n`,
    expected: [{ code: 'CD1005', says: /more than one document/ }],
  },
  {
    name: 'an error behind an alias is marked where it stands',
    text: v3('_ignore:\n  - &base\n    host: «"a b"»\nservices:\n  - *base\n'),
    expected: [{ code: 'CD1107', says: /invalid value: a b/ }],
  },
  {
    name: 'an error behind a merge key',
    text: v3('_ignore:\n  - &base\n    host: a\n    retries: «-1»\nservices:\n  - <<: *base\n    name: a\n'),
    expected: [{ code: 'CD1105', says: /between 0 and 32767/ }],
  },
  {
    name: 'two problems in one document',
    text: v3('services:\n  - {host: a, «prt»: 1}\nconsumers:\n  - {username: a, «tag»: []}\n'),
    expected: [
      { code: 'CD1101', suggestion: 'port' },
      { code: 'CD1101', suggestion: 'tags' },
    ],
  },
  {
    name: 'a comma too many in JSON',
    format: 'json',
    text: '{\n  "_format_version": "3.0",\n«}»\n',
    expected: [{ code: 'CD1006', says: /expected a key in double quotes/ }],
  },
  {
    name: 'a key twice in JSON',
    format: 'json',
    text: '{"_format_version": "3.0", "services": [],\n «"services"»: []}\n',
    expected: [{ code: 'CD1007' }],
  },
  {
    name: 'a misspelt field in JSON',
    format: 'json',
    text: '{"_format_version": "3.0",\n "services": [{"host": "a",\n   «"pth"»: "/x"}]}\n',
    expected: [{ code: 'CD1101', suggestion: 'path' }],
  },
  {
    name: 'text that is not closed in JSON',
    format: 'json',
    text: '{"_format_version": «"»3.0}\n',
    expected: [{ code: 'CD1006', says: /not closed/ }],
  },
];
