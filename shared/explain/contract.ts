/** What can be asked of `explain`, and what it answers: the document of `POST /_cardinal/explain` and `-o json`. */
import type { Header } from './request.ts';

export interface ExplainRequest {
  readonly method: string;
  /** `http://host:port/path?query`; https when it would come over TLS. */
  readonly url: string;
  readonly headers: readonly Header[];
  /** Over TLS; default the host of the URL. */
  readonly sni: string | undefined;
  readonly clientIp: string;
  /** Name or id: as if they had been authenticated. */
  readonly consumer: string | undefined;
  /** Of the listener, where the URL names none. */
  readonly listenPort: number | undefined;
}

export interface Named {
  readonly id: string;
  readonly name: string | null;
}

export interface Attribute {
  readonly name: 'methods' | 'hosts' | 'headers' | 'paths' | 'snis';
  readonly wanted: readonly string[];
  readonly got: string;
  readonly result: 'matches' | 'differs';
}

export interface Candidate {
  readonly route: Named;
  readonly service: Named | null;
  readonly matched: boolean;
  readonly paths: readonly string[];
  /** Kong's 64 bits, decimal. */
  readonly priority: string;
  readonly regex_priority: number;
  readonly attributes: readonly Attribute[];
  /** In one sentence: what differs; null when it matches. */
  readonly differs: string | null;
}

export type Decision =
  /** It was evaluated, and lets the request through. */
  | 'passes'
  /** It was evaluated, and would answer instead of the upstream. */
  | 'answers'
  /** It depends on counters, other systems, secrets or the body: nothing is said. */
  | 'depends_on_state'
  /** A plugin before it would have answered. */
  | 'not_reached';

export interface ExplainedPlugin {
  readonly name: string;
  readonly id: string;
  readonly priority: number;
  /** What it is configured for: `global`, or `route`, `service`, `consumer` and their combinations. */
  readonly scope: readonly string[];
  /** Configurations of the same plugin that would apply if this one did not. */
  readonly hides: readonly { readonly id: string; readonly scope: readonly string[] }[];
  readonly decision: Decision;
  readonly status: number | null;
  readonly message: string | null;
}

export interface Explanation {
  readonly request: {
    readonly method: string;
    readonly scheme: 'http' | 'https';
    readonly host: string;
    readonly port: number;
    /** As the router sees it. */
    readonly path: string;
  };
  readonly result: {
    readonly kind: 'forwarded' | 'answered' | 'no_route' | 'malformed';
    /** Of the answer; null when it is the upstream's. */
    readonly status: number | null;
    /** Name of the plugin that answers, or `gateway`. */
    readonly by: string | null;
    readonly message: string | null;
    /** False when some plugin depends on state: it may still turn out otherwise. */
    readonly certain: boolean;
  };
  readonly matched: {
    readonly route: Named;
    readonly service: Named | null;
    readonly matched_path: string | null;
    readonly captures: Readonly<Record<string, string>> | null;
  } | null;
  readonly upstream: {
    readonly url: string;
    /** Sent as Host; null when it is the name of the target that is chosen. */
    readonly host_header: string | null;
    /** What `strip_path` takes away; null when nothing. */
    readonly stripped: string | null;
    /** Addresses it may go to, where the host is an upstream; null otherwise. */
    readonly targets: readonly { readonly target: string; readonly weight: number }[] | null;
  } | null;
  readonly why: {
    /** The next best that matches as well; null when there is none. */
    readonly beats: Named | null;
    /** What decides between the two, or that nothing else matches. */
    readonly reason: string;
  } | null;
  /** The nearest, best first: those that match, then those that differ least. */
  readonly candidates: readonly Candidate[];
  readonly plugins: readonly ExplainedPlugin[];
}
