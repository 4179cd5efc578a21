import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServerResponse as NodeResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { Descriptions } from '../apimachinery/openapi/v3.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { ServiceAccountDiscovery } from '../authentication/service-account/discovery-documents.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Config } from '../config/config.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Aggregator } from '../registry/aggregation.ts';
import { type Connector, createConnector } from '../registry/connect/connector.ts';
import type { CatalogSource, Registry } from '../registry/registry.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Endpoints } from './endpoints.ts';
import { Exchange, type HttpRequest, type HttpResponse } from './exchange.ts';
import { serve } from './filters/chain.ts';
import { InFlight } from './filters/in-flight.ts';
import type { HealthCheck, HealthChecks } from './health.ts';
import type { VersionInfo } from './version.ts';
import { Watches } from './watches.ts';
import { tokenFromProtocols } from './writers/websocket-stream.ts';

export type ApiHandlerOptions = {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly catalogs: CatalogSource;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly version: VersionInfo;
  /** What verifiers of ServiceAccount tokens read; without it those paths are 404. */
  readonly serviceAccountDiscovery?: ServiceAccountDiscovery;
  /** Records requests; without it none are. */
  readonly audit?: AuditTrail;
  /** Texts of types and fields for `kubectl explain`; without them OpenAPI has none. */
  readonly descriptions?: Descriptions;
  /** Serves logs, exec, attach, port-forward and proxies; without it no pod runs anywhere. */
  readonly connector?: Connector;
  /** Passes requests on to aggregated API servers; without it APIServices are data only. */
  readonly aggregator?: Aggregator;
  /** Further things that must work for /readyz; storage is always among them. */
  readonly readiness?: readonly HealthCheck[];
  /** Adds an embedding program's own middleware before the API. */
  readonly configure?: (app: Express) => void;
};

/** The API as a pair of listeners for a server, and its end. */
export type ApiHandler = {
  /** Serves a request; HTTP/1.1 and HTTP/2. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Serves a request to upgrade the connection (WebSocket watches). */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** From now on /readyz fails; requests are still served. */
  stopBeingReady(): void;
  /** Ends all watches cleanly and resolves when no request is in flight, at the latest after `graceMs`. */
  drain(graceMs?: number): Promise<void>;
};

const defaultGraceMs = 15_000;

/** Writing to a client that has just gone is no error of ours. */
function ignore(): void {}

type Http2Express = (express: typeof import('express')) => Express;
/** The package has no types; it makes Express serve HTTP/2 requests next to HTTP/1.1 ones. */
const http2Express = createRequire(import.meta.url)('http2-express') as Http2Express;

/** Builds the HTTP side of the API over the layers below. */
export function createApiHandler(options: ApiHandlerOptions): ApiHandler {
  const { store, config, log } = options;
  let ready = true;
  const inFlight = new InFlight({ requests: config.limits.requestsInFlight, watches: config.limits.watches });
  const endpoints: Endpoints = {
    store,
    registry: options.registry,
    catalogs: options.catalogs,
    authenticator: options.authenticator,
    authorizer: options.authorizer,
    config,
    log,
    metrics: options.metrics,
    version: options.version,
    serviceAccountDiscovery: options.serviceAccountDiscovery,
    descriptions: options.descriptions,
    audit: options.audit,
    connector: options.connector ?? createConnector({ store }),
    aggregator: options.aggregator,
    health: healthChecks(store, options.readiness ?? [], () => ready),
    inFlight,
    watches: new Watches(),
  };
  options.metrics.observeLoad(() => ({ requests: inFlight.requests, watches: inFlight.watches }));
  const timeoutMs = config.limits.requestTimeoutMs;

  const app = http2Express(express);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  options.configure?.(app);
  app.use((request, response) => {
    response.on('error', ignore);
    void serve(endpoints, new Exchange(request as HttpRequest, response as HttpResponse, timeoutMs));
  });

  return {
    handler: (request, response) => void app(request, response),
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const token = tokenFromProtocols(String(request.headers['sec-websocket-protocol'] ?? ''));
      if (token !== undefined) request.headers.authorization ??= `Bearer ${token}`;
      const response = new NodeResponse(request);
      response.on('error', ignore);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as never);
      response.on('finish', () => socket.end());
      void serve(
        endpoints,
        new Exchange(request, response as HttpResponse, timeoutMs, { request, socket, head, response }),
      );
    },
    stopBeingReady: () => {
      ready = false;
    },
    drain: async (graceMs = defaultGraceMs) => {
      endpoints.watches.endAll();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([inFlight.whenIdle(), late]);
      clearTimeout(timer);
    },
  };
}

function healthChecks(store: ObjectStore, readiness: readonly HealthCheck[], ready: () => boolean): HealthChecks {
  const ping: HealthCheck = { name: 'ping', check: () => undefined };
  const storage: HealthCheck = {
    name: 'storage',
    check: async () => {
      await store.fresh();
    },
  };
  const shutdown: HealthCheck = {
    name: 'shutdown',
    check: () => {
      if (!ready()) throw new Error('the process is shutting down');
    },
  };
  return {
    healthz: [ping, storage],
    livez: [ping],
    readyz: [ping, storage, ...readiness, shutdown],
  };
}

export type { Http2ServerRequest, Http2ServerResponse };
