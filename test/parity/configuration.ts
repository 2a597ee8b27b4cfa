/** One configuration with every bundled plugin, on every scope, as people write it. */

/** `upstream`: port of the application; `log`: where file-log writes. */
export function parityYaml(upstream: number, log: string): string {
  return `
_format_version: "3.0"

plugins:
  - name: correlation-id
    config: { header_name: X-Correlation, generator: uuid, echo_downstream: true }
  - name: prometheus
    config: { status_code_metrics: true, per_consumer: true, bandwidth_metrics: true, latency_metrics: true }
  - name: file-log
    config: { path: ${log} }
  - name: rate-limiting
    config: { hour: 12, limit_by: ip }

consumers:
  - username: ann
    custom_id: customer-1
    keyauth_credentials: [{ key: ann-key }]
    basicauth_credentials: [{ username: ann, password: "anns: password" }]
    jwt_secrets: [{ key: ann, secret: a-secret-of-thirty-two-characters }]
    hmacauth_credentials: [{ username: ann, secret: anns-secret }]
    acls: [{ group: staff }, { group: admins }]
  - username: bob
    keyauth_credentials: [{ key: bob-key }]
    basicauth_credentials: [{ username: bob, password: bobs-password }]
    acls: [{ group: guests }]
    plugins:
      - name: rate-limiting
        service: orders
        config: { hour: 2, error_message: Not so fast }
  - username: eve
    keyauth_credentials: [{ key: eve-key }]
    plugins:
      - name: ip-restriction
        config: { deny: [0.0.0.0/0, "::/0"], message: Not for eve }
  - username: visitor
  - username: guest
    plugins:
      - name: rate-limiting
        config: { hour: 5, hide_client_headers: true, error_code: 420 }

services:
  - name: orders
    url: http://127.0.0.1:${upstream}/base
    plugins:
      - name: key-auth
        config: { key_names: [apikey, x-key], hide_credentials: true, realm: orders }
      - name: rate-limiting
        config: { hour: 8, limit_by: consumer }
      - name: ip-restriction
        config: { deny: [198.51.100.0/24] }
    routes:
      - name: orders-list
        paths: [/orders]
        methods: [GET, HEAD, POST, PUT, OPTIONS]
      - name: orders-item
        paths: ['~/orders/(?<id>\\d+)$']
        methods: [GET, DELETE]
        strip_path: false
        plugins:
          - name: rate-limiting
            config: { hour: 3, limit_by: consumer }
      - name: orders-old
        paths: [/orders]
        headers: { x-version: ["1"], accept: ['~*^application/vnd[.]old'] }
        plugins:
          - name: request-termination
            config: { status_code: 406, message: No longer spoken }

  - name: users
    url: http://127.0.0.1:${upstream}
    plugins:
      - name: key-auth
        config: { anonymous: guest, key_in_body: true, run_on_preflight: false }
    routes:
      - name: users
        paths: [/users]
        strip_path: false
      - name: users-admin
        paths: [/users/admin]
        strip_path: false
        plugins:
          - name: ip-restriction
            config: { allow: [10.0.0.0/8], status: 404, message: Nothing here }

  - name: open
    url: http://127.0.0.1:${upstream}
    plugins:
      - name: rate-limiting
        config: { hour: 4, limit_by: header, header_name: X-Team }
    routes:
      - name: open
        hosts: [open.test, "*.open.test"]
        preserve_host: true
      - name: secure
        hosts: [secure.test]
        protocols: [https]
        https_redirect_status_code: 301

  - name: legacy
    url: http://127.0.0.1:${upstream}/legacy
    plugins:
      - name: request-termination
        config: { status_code: 410, body: gone for good, content_type: text/plain }
    routes:
      - name: legacy
        paths: [/legacy]
      - name: legacy-ping
        paths: [/legacy/ping]
        plugins:
          - name: request-termination
            config: { status_code: 200, message: pong, trigger: ping }

  - name: staff
    url: http://127.0.0.1:${upstream}
    plugins:
      - name: rate-limiting
        config: { hour: 1000 }
      - name: acl
        config: { allow: [staff] }
    routes:
      - name: staff-basic
        paths: [/staff/basic]
        plugins:
          - name: basic-auth
            config: { hide_credentials: true, realm: staff }
      - name: staff-token
        paths: [/staff/token]
        plugins:
          - name: jwt
            config: { claims_to_verify: [exp], cookie_names: [token] }
      - name: staff-signed
        paths: [/staff/signed]
        plugins:
          - name: hmac-auth
            config: { enforce_headers: [date, "@request-target"], validate_request_body: true }
      - name: staff-directory
        paths: [/staff/directory]
        plugins:
          - name: ldap-auth
            config: { ldap_host: 127.0.0.1, ldap_port: 1, base_dn: dc=test, attribute: uid }
      - name: staff-introspected
        paths: [/staff/introspected]
        plugins:
          - name: oauth2-introspection
            config: { introspection_url: "http://127.0.0.1:1/", authorization_value: x }
      - name: staff-either
        paths: [/staff/either]
        plugins:
          - name: session
            config: { secret: a secret of the tests }
          - name: jwt
            config: { anonymous: visitor }
          - name: basic-auth
            config: { anonymous: visitor }
          - name: acl
            config: { deny: [guests], hide_groups_header: true }
  - name: shop
    url: http://127.0.0.1:${upstream}/shop
    plugins:
      - name: rate-limiting
        config: { hour: 1000 }
      - name: cors
        config: { origins: ["https://a.example", '^https://[a-z]+[.]b[.]example$'], credentials: true, max_age: 60 }
      - name: bot-detection
      - name: udp-log
        config: { host: 127.0.0.1, port: 9 }
    routes:
      - name: shop
        paths: [/shop]
      - name: shop-upload
        paths: [/shop/upload]
        plugins:
          - name: request-size-limiting
            config: { allowed_payload_size: 8, size_unit: bytes }
      - name: shop-moved
        paths: [/shop/moved]
        plugins:
          - name: redirect
            config: { location: "https://new.example", keep_incoming_path: true, status_code: 308 }
      - name: shop-item
        paths: ['~/shop/item/(?<id>[a-z0-9]+)']
        plugins:
          - name: request-transformer
            config:
              add: { headers: ["X-Item:$(uri_captures.id)"], querystring: ["id:$(uri_captures.id)"], body: ["id:1"] }
              remove: { headers: [x-secret], querystring: [debug], body: [secret] }
              replace: { uri: "/items/$(query_params.part or 'all')" }
          - name: response-transformer
            config: { remove: { headers: [x-echo] }, add: { headers: ["X-Shop:1"], json: ["shop:1"], json_types: [number] } }
      - name: shop-chaos
        paths: [/shop/chaos]
        plugins:
          - name: fault-injection
            config: { abort: { http_status: 503, header_abort: true }, headers: { x-chaos: "yes" } }
      - name: shop-beta
        paths: [/shop/beta]
        plugins:
          - name: canary
            config: { percentage: 0, canary_by_header_name: X-Canary, upstream_uri: /beta }
      - name: shop-burst
        paths: [/shop/burst]
        plugins:
          - name: rate-limiting-advanced
            config: { limit: [2, 5], window_size: [60, 3600], identifier: header, header_name: X-Team, ietf_headers: true }
      - name: shop-units
        paths: [/shop/units]
        plugins:
          - name: response-ratelimiting
            config: { header_name: X-Echo, limit_by: ip, limits: { "${upstream}": { hour: 2 } } }
      - name: shop-cached
        paths: [/shop/cached]
        plugins:
          - name: proxy-cache
            config: { strategy: memory, response_headers: { X-Cache-Key: false } }
      - name: shop-hook
        paths: [/shop/hook]
        plugins:
          - name: standard-webhooks
            config: { secret_v1: s3cret }
      - name: shop-valid
        paths: [/shop/valid]
        plugins:
          - name: request-validator
            config:
              version: draft7
              body_schema: '{"type":"object","required":["name"],"properties":{"name":{"type":"string","pattern":"^[a-z]+$"}}}'
              parameter_schema: [{ in: query, name: page, required: false, schema: '{"type":"integer","minimum":1}' }]
`;
}

export const SERVICES = ['orders', 'users', 'open', 'legacy', 'staff', 'shop'] as const;
export type ServiceName = (typeof SERVICES)[number];
