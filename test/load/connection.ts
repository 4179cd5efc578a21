import { connect, type TLSSocket } from 'node:tls';

/** `head`: the status line and headers, when the body is kept. */
export type Answer = { readonly status: number; readonly head: string; readonly body: Buffer };

/**
 * One HTTP/1.1 keep-alive connection that sends prepared bytes and reads answers with as little work as possible, so that the load client takes
 * little of the two cores that it shares with the server. One request at a time.
 */
export class Connection {
  #socket: TLSSocket;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes of the whole answer, once its head is read; 0 while unknown; -1 for chunked. */
  #expected = 0;
  #headLength = 0;
  #status = 0;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #keepBody = false;

  static open(url: string, ca: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        ca,
        ALPNProtocols: ['http/1.1'],
        servername: hostname === '127.0.0.1' ? '' : hostname,
      });
      socket.setNoDelay(true);
      socket.once('secureConnect', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('connection closed')));
  }

  /** Sends one request; `keepBody: false` leaves the body of a plain answer unread (an empty buffer). */
  send(bytes: Buffer, keepBody = false): Promise<Answer> {
    this.#keepBody = keepBody;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#expected === 0) {
      this.#chunks.push(chunk);
      const head = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
      if (this.#chunks.length > 1) this.#chunks = [head];
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#headLength = end + 4;
      this.#status = (head[9]! - 48) * 100 + (head[10]! - 48) * 10 + (head[11]! - 48);
      const text = head.toString('latin1', 0, end);
      const match = /\r\ncontent-length: *(\d+)/i.exec(text);
      // 304 has no body, whatever its head says.
      if (this.#status === 304) this.#expected = this.#headLength;
      else this.#expected = match === null ? -1 : this.#headLength + Number(match[1]);
    } else if (this.#keepBody || this.#expected < 0) this.#chunks.push(chunk);
    if (this.#expected >= 0 ? this.#length >= this.#expected : this.#chunkedEnd(chunk)) this.#finish();
  }

  #chunkedEnd(last: Buffer): boolean {
    const tail = last.length >= 5 ? last : Buffer.concat(this.#chunks).subarray(-5);
    return tail.subarray(-5).equals(chunkedTerminator);
  }

  #finish(): void {
    const body = this.#keepBody || (this.#chunks.length > 0 && this.#status >= 400) ? this.#body() : empty;
    const settle = this.#settle;
    const status = this.#status;
    const head = this.#keepBody ? Buffer.concat(this.#chunks).toString('latin1', 0, this.#headLength) : '';
    this.#chunks = [];
    this.#length = 0;
    this.#expected = 0;
    this.#settle = undefined;
    settle?.resolve({ status, head, body });
  }

  #body(): Buffer {
    const whole = Buffer.concat(this.#chunks);
    const raw = whole.subarray(this.#headLength);
    return this.#expected < 0 ? dechunk(raw) : raw;
  }
}

const chunkedTerminator = Buffer.from('0\r\n\r\n');
const empty = Buffer.alloc(0);

function dechunk(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
  return Buffer.concat(parts);
}

/** The bytes of one request. */
export function requestBytes(
  method: string,
  path: string,
  token: string,
  body?: { type: string; text: string },
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const further = Object.entries({ Accept: 'application/json', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `${method} ${path} HTTP/1.1\r\nHost: atoll\r\nUser-Agent: bench/1\r\nAuthorization: Bearer ${token}\r\n${further.join('')}`;
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  return Buffer.from(
    `${head}Content-Type: ${body.type}\r\nContent-Length: ${Buffer.byteLength(body.text)}\r\n\r\n${body.text}`,
  );
}
