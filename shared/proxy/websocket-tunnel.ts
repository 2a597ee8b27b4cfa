/**
 * The octets of one WebSocket connection, both ways, untouched. Each side may end before the other. When the
 * gateway goes away it says so to both, where a frame ends; whoever is in the middle of one is left to finish it.
 */
import { retain } from '../http/socket-reads.ts';
import type { ClientConnection } from './client-connection.ts';
import type { UpstreamLeg } from './upstream-leg.ts';
import { FrameCursor, goingAway, goingAwayMasked } from './websocket-frames.ts';

export class WebSocketTunnel {
  private readonly client: ClientConnection;
  private readonly leg: UpstreamLeg;
  private readonly toClient = new FrameCursor();
  private readonly toUpstream = new FrameCursor();
  private clientEnded = false;
  private upstreamEnded = false;
  private leaving = false;
  /** Close has been said to that side: nothing may follow it (RFC 6455 5.5.1). */
  private clientTold = false;
  private upstreamTold = false;

  constructor(client: ClientConnection, leg: UpstreamLeg) {
    this.client = client;
    this.leg = leg;
  }

  /** Both sides have sent their last octet. */
  get over(): boolean {
    return this.clientEnded && this.upstreamEnded;
  }

  fromUpstream(octets: Buffer, from: number, to: number): void {
    if (this.clientTold) return;
    const { client } = this;
    const end = this.toClient.pass(octets, from, to, this.leaving);
    client.writer.bytesSent += end - from;
    client.writeOctets(retain(octets, from, end));
    if (this.leaving && this.toClient.betweenFrames) this.tellClient();
    if (client.blocked) this.leg.pause();
  }

  fromClient(octets: Buffer): void {
    if (this.upstreamTold) return;
    const end = this.toUpstream.pass(octets, 0, octets.length, this.leaving);
    this.leg.sendThrough(end === octets.length ? octets : octets.subarray(0, end));
    if (this.leaving && this.toUpstream.betweenFrames) this.tellUpstream();
  }

  onClientEnd(): void {
    this.clientEnded = true;
    if (!this.upstreamTold) this.leg.endTunnel();
  }

  onUpstreamEnd(): void {
    this.upstreamEnded = true;
    if (!this.clientTold) this.client.socket.end();
  }

  /** The gateway drains. What is not over when its time has passed is cut. */
  goAway(): void {
    if (this.leaving) return;
    this.leaving = true;
    if (this.toClient.betweenFrames && !this.upstreamEnded) this.tellClient();
    if (this.toUpstream.betweenFrames && !this.clientEnded) this.tellUpstream();
  }

  private tellClient(): void {
    this.clientTold = true;
    const close = goingAway();
    this.client.writer.bytesSent += close.length;
    this.client.writeOctets(close);
    this.client.socket.end();
  }

  private tellUpstream(): void {
    this.upstreamTold = true;
    this.leg.sendThrough(goingAwayMasked());
    this.leg.endTunnel();
  }
}
