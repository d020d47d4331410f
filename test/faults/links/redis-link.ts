import { endOfReply, type PubSubMessage, readMessage } from './resp.ts';
import { Splitter } from './splitter.ts';
import { TcpLink } from './tcp-link.ts';

/** The number of notices that are kept for forging. */
const keptMax = 50;

/**
 * A server's connection to Redis, on which notices can be lost while everything else, including
 * heartbeats, passes.
 */
export class RedisLink {
  readonly #chance: () => number;
  #tcp!: TcpLink;
  /** The share of notices to this server that are lost, 0 to 1. */
  lossRate = 0;
  lost = 0;
  passed = 0;
  /** The latest notices, oldest first. */
  readonly notices: PubSubMessage[] = [];

  private constructor(chance: () => number) {
    this.#chance = chance;
  }

  static async open(target: () => number, chance: () => number): Promise<RedisLink> {
    const link = new RedisLink(chance);
    link.#tcp = await TcpLink.open({ target, inspect: () => link.#inspect() });
    return link;
  }

  get tcp(): TcpLink {
    return this.#tcp;
  }

  #inspect() {
    const replies = new Splitter(endOfReply);
    return { down: (chunk: Buffer) => replies.push(chunk).filter((reply) => this.#passes(reply)) };
  }

  #passes(reply: Buffer): boolean {
    const message = readMessage(reply);
    if (!message?.channel.includes(':org:')) return true;
    this.notices.push(message);
    if (this.notices.length > keptMax) this.notices.shift();
    const isLost = this.#chance() < this.lossRate;
    if (isLost) this.lost++;
    else this.passed++;
    return !isLost;
  }
}
