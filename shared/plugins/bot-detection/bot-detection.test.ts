/** bot-detection: the built-in names, the lists, the order, hostile values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import botDetection from './index.ts';

const harness = createPluginHarness(botDetection, {});
const status = async (agent: string, config?: object) => {
  const used = config === undefined ? harness : createPluginHarness(botDetection, { ...config });
  return (await used.run({ headers: { 'User-Agent': agent } })).status;
};

const BOTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Twitterbot/1.0',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Scrapy/1.0.3 (+http://scrapy.org)',
  'aws-cli/1.0',
  'Go-http-client/1.1',
  'Apache-HttpClient/4.5 (Java/17)',
  'okhttp/4.12.0',
  'Python-urllib/3.12',
  'axios/1.6.0',
  'reqwest/0.11.20',
  'unirest-java/3.1',
  'my-spider/1.0',
  'AnyCrawler 2.0',
  'acme-bot/0.1',
];
const PEOPLE = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  'curl/8.5.0',
  'HTTPie/3.2.1',
  'my-axiostic/1',
];

test('is Kong’s: priority', () => {
  assert.equal(botDetection.priority, 2500);
});

test('bots and programs are refused', async () => {
  for (const agent of BOTS) assert.equal(await status(agent), 403, agent);
});

test('browsers and curl pass, and who says nothing', async () => {
  for (const agent of PEOPLE) assert.equal(await status(agent), 200, agent);
  assert.equal((await harness.run()).status, 200);
});

test('allow, then deny, then the list', async () => {
  assert.equal(await status('okhttp/4.12.0', { allow: ['^okhttp/4'] }), 200);
  assert.equal(await status('okhttp/3.0', { allow: ['^okhttp/4'] }), 403);
  assert.equal(await status('curl/8', { deny: ['curl'] }), 403);
  assert.equal(await status('curl/8', { deny: ['curl'], allow: ['8$'] }), 200);
});

test('the refusal, and two headers', async () => {
  const refused = await harness.run({ headers: { 'User-Agent': 'okhttp/4' } });
  assert.equal(refused.exit?.message, 'Forbidden');
  const twice = await harness.run({
    headers: [
      ['User-Agent', 'curl'],
      ['user-agent', 'curl'],
    ],
  });
  assert.deepEqual([twice.status, twice.exit?.message], [400, 'Only one User-Agent header allowed']);
});

test('long hostile values, and more of them than are remembered', async () => {
  assert.equal(await status(`${'A'.repeat(30_000)}`), 200);
  assert.equal(await status('a-'.repeat(15_000)), 200);
  for (let i = 0; i < 4_100; i++) await harness.run({ headers: { 'User-Agent': `curl/${i}` } });
  assert.equal(await status('okhttp/1'), 403);
  assert.equal(await status('curl/1'), 200);
});

test('what is no expression is refused', () => {
  assert.throws(() => createPluginHarness(botDetection, { deny: ['('] }), /is not a valid regex/);
});
