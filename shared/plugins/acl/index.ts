/**
 * acl: whether the groups of whoever asks may pass. Decided once for each consumer; without an authentication
 * before it nobody passes. Must never let a groups header through that the client sent.
 */
import { type AccessExchange, definePlugin } from '../contract.ts';
import { authenticatedGroups } from '../groups.ts';
import { headerText } from '../header-text.ts';
import { removeGroupHeaders } from '../identity.ts';
import schema from './schema.ts';

const FORBIDDEN = 'You cannot consume this service';

interface Verdict {
  readonly allowed: boolean;
  /** No groups at all. */
  readonly none: boolean;
  /** The value of the groups header; undefined: no header. */
  readonly header: string | undefined;
}

export default definePlugin({
  name: 'acl',
  version: '3.10.0',
  priority: 950,
  schema,
  create(config, kit) {
    const denies = (config.deny ?? []).length > 0;
    const listed = new Set(denies ? config.deny : config.allow);
    const { hide_groups_header: hide, always_use_authenticated_groups: always } = config;
    // Bounded by the consumers of the configuration.
    const verdicts = new Map<string, Verdict>();

    function judge(groups: readonly string[]): Verdict {
      const member = groups.some((group) => listed.has(group));
      const none = groups.length === 0;
      return {
        allowed: member !== denies,
        none,
        header: hide || none ? undefined : headerText(groups.join(', ')),
      };
    }

    function verdictOn(consumerId: string): Verdict {
      let verdict = verdicts.get(consumerId);
      if (verdict === undefined) {
        const rows = kit.directory.entitiesOf('acls', consumerId);
        verdict = judge(rows.map((row) => String(row['group'])));
        verdicts.set(consumerId, verdict);
      }
      return verdict;
    }

    function settle(exchange: AccessExchange, verdict: Verdict, header: string): void {
      if (!verdict.allowed) {
        // Somebody without credentials and without groups has not been told apart from anybody else.
        if (verdict.none && exchange.credential === undefined) exchange.fail(401, 'Unauthorized');
        else exchange.fail(403, FORBIDDEN);
        return;
      }
      removeGroupHeaders(exchange.request.headers);
      if (verdict.header !== undefined) exchange.request.headers.append(header, verdict.header);
    }

    return {
      access(exchange) {
        const { consumer } = exchange;
        if (consumer === undefined || always) {
          const groups = authenticatedGroups(exchange);
          if (groups !== undefined) {
            settle(exchange, judge(groups), 'X-Authenticated-Groups');
            return;
          }
        }
        if (consumer !== undefined) settle(exchange, verdictOn(consumer.id), 'X-Consumer-Groups');
        else if (exchange.credential === undefined) exchange.fail(401, 'Unauthorized');
        else exchange.fail(403, FORBIDDEN);
      },
    };
  },
});
