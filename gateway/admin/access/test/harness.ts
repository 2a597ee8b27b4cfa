/** An Admin API that has nothing but its access control and an endpoint that says who came through. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type AccessControl, type AccessSettings, accessControl } from '../access-control.ts';
import type { AuditEntry } from '../audit-log.ts';
import { type AdminToken, AdminTokens, type NewToken, type TokenDocuments } from '../tokens.ts';
import { MemoryDocuments } from './memory-documents.ts';

export interface Harness {
  readonly server: Server;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly access: AccessControl;
  readonly documents: MemoryDocuments;
  readonly clock: { now: number };
  /** Makes a token past the API, as the command line does. */
  token(role: NewToken['role'], more?: Partial<NewToken>): Promise<{ token: AdminToken; text: string }>;
  audit(): Promise<AuditEntry[]>;
  readonly auditPath: string;
}

export interface HarnessOptions {
  readonly settings?: Partial<AccessSettings>;
  readonly documents?: MemoryDocuments | null;
}

export const LOOPBACK = { host: '127.0.0.1', port: 8001, ssl: false, backlog: 1 };

export async function harness(t: TestContext, options: HarnessOptions = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-access-'));
  const documents = options.documents ?? new MemoryDocuments();
  const clock = { now: Date.UTC(2030, 0, 1) };
  const auditPath = join(folder, 'audit.log');
  const access = accessControl({
    settings: {
      admin_auth: 'auto',
      admin_allowed_hosts: [],
      admin_gui_url: [],
      admin_insecure: false,
      admin_listen: [LOOPBACK],
      trusted_ips: [],
      ...options.settings,
    },
    documents: options.documents === null ? undefined : (documents as TokenDocuments),
    auditPath,
    plugins: [],
    log: { error: () => {}, warn: () => {} },
    now: () => clock.now,
  });
  const app = express();
  app.set('query parser', false);
  app.use(access.middleware, access.router);
  app.use((request, response) => {
    response.json({ path: request.path, actor: request.actor ?? null });
  });
  app.use((error: { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status ?? 500).json({ message: 'failed' });
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await access.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    server,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    access,
    documents,
    clock,
    auditPath,
    async token(role, more = {}) {
      const made = await new AdminTokens(documents, () => clock.now).create({
        role,
        createdBy: 'test',
        ...more,
      });
      // What another process changed is seen after a second.
      clock.now += 1_001;
      return made;
    },
    async audit() {
      await access.flushAudit();
      const text = await readFile(auditPath, 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AuditEntry);
    },
  };
}

/** Sends these bytes and resolves with the status and body of the answer. */
export function raw(address: string, request: string): Promise<{ status: number; text: string }> {
  const [host, port] = address.split(':') as [string, string];
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => socket.end(request));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(text.split(' ', 2)[1]), text }));
  });
}
