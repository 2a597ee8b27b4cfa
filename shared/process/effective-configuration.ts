/**
 * From a configuration as it is stored, hashed and shown to the one that is served: vault references get
 * their values from the environment. The result holds secrets; it goes to engines and nowhere else.
 */
import { CompileError, entityName } from '../config/compile/compile-error.ts';
import type { Finding } from '../config/declarative/finding.ts';
import type { Certificate, Configuration } from '../config/entities.ts';
import { pluginRegistry } from '../config/plugin-registry.ts';
import { type Environment, resolveReferences } from '../config/resolve-references.ts';
import type { Logger } from '../observe/logger.ts';
import type { PluginCatalog } from '../plugins/catalog.ts';

/** Throws a CompileError for a certificate that cannot be used with what its references stand for. */
export type EffectiveConfiguration = (configuration: Configuration) => Configuration;

const MAX_LOGGED = 20;

export function effectiveConfiguration(
  catalog: Pick<PluginCatalog, 'schemas'>,
  env: Environment,
  log: Logger,
): EffectiveConfiguration {
  const plugins = pluginRegistry(catalog.schemas);
  return (configuration) => {
    const resolved = resolveReferences(configuration, env, plugins);
    warn(resolved.findings, log);
    const before = configuration.certificates;
    for (const [i, certificate] of resolved.configuration.certificates.entries()) {
      // Those without references have been checked when the document was read.
      if (certificate !== before[i]) checkCertificate(certificate);
    }
    return resolved.configuration;
  };
}

/** Findings name references and variables, never a value. */
function warn(findings: readonly Finding[], log: Logger): void {
  for (const { message, code, path, help } of findings.slice(0, MAX_LOGGED))
    log.warn(message, { code, at: path, help });
  if (findings.length > MAX_LOGGED)
    log.warn('further references without a value', { more: findings.length - MAX_LOGGED });
}

function checkCertificate(certificate: Certificate): void {
  const { cert, key, cert_alt: certAlt, key_alt: keyAlt } = certificate;
  for (const [field, value] of Object.entries({ cert, key, cert_alt: certAlt, key_alt: keyAlt })) {
    if (value === '') throw unusable(certificate, `${field} is empty: its vault reference has no value`);
  }
  checkPair(certificate, 'cert', 'key', cert, key);
  if (certAlt !== null && keyAlt !== null) checkPair(certificate, 'cert_alt', 'key_alt', certAlt, keyAlt);
}

function checkPair(certificate: Certificate, certField: string, keyField: string, cert: string, key: string) {
  const { X509Certificate, createPrivateKey } = process.getBuiltinModule('node:crypto');
  let parsed: InstanceType<typeof X509Certificate>;
  let privateKey: ReturnType<typeof createPrivateKey>;
  // What the parsers say is left out: it may hold pieces of the text.
  try {
    parsed = new X509Certificate(cert);
  } catch {
    throw unusable(certificate, `the value of ${certField} is no certificate in PEM`);
  }
  try {
    privateKey = createPrivateKey(key);
  } catch {
    throw unusable(certificate, `the value of ${keyField} is no private key in PEM`);
  }
  if (!parsed.checkPrivateKey(privateKey))
    throw unusable(certificate, `the values of ${certField} and ${keyField} do not belong together`);
}

function unusable(certificate: Certificate, message: string): CompileError {
  return new CompileError(entityName('certificate', { id: certificate.id }), message);
}
