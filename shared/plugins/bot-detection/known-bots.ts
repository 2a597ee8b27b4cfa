/**
 * What bots and programs call themselves. Browsers and curl are in none of these. One pattern for names that say
 * what they are (`...bot/1.0`), and names of programs, which count where a product token may begin.
 */

/** `Examplebot/1.0`, `my-spider 2`, `SomeCrawler/3.1`, and such names alone in a comment (`; Googlebot/2.1;`). */
export const SELF_NAMED =
  '[A-Za-z0-9_.!-]*(?:[Aa]rchiver|[Ii]ndexer|[Ss]craper|[Bb]ot|[Ss]pider|[Cc]rawl[a-z]*)(?:-[A-Za-z]+)?[/ ]v?[0-9]';

/** Names as they begin a product; compared in lower case. */
export const PROGRAMS: readonly string[] = [
  'adsbot-google',
  'apache-httpclient',
  'appengine-google',
  'aws-cli',
  'axios',
  'baiduspider',
  'bingpreview',
  'facebookexternalhit',
  'feed seeker bot',
  'gomezagent',
  'go-http-client',
  'google-http-java-client',
  'grub-client',
  'heritrix',
  'htdig',
  'http%20client',
  'httpmonitor',
  'ia_archiver',
  'internetarchive',
  'jnlp',
  'larbin',
  'mediapartners-google',
  'netresearch',
  'netvibes',
  'newsgator',
  'nutch',
  'okhttp',
  'pingdom.com_bot_version',
  'python-urllib',
  'reqwest',
  'scrapy',
  'simplepie',
  'slackbot-linkexpanding',
  'slack-imgproxy',
  'slurp',
  'tlsprober',
  'twitterbot',
  'unirest-',
  'whatweb',
  'winhttp',
  'wordpress',
  'xenu link sleuth',
  'yahooseeker',
];
