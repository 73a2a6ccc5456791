import pino from 'pino';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type ComposeOptions, compose, type House, type HouseHealth } from './compose.ts';
import type { Config } from './config/index.ts';
import { createEdge, type EdgeAddress } from './edge/index.ts';
import { packageVersion } from './shared/package-root.ts';

/** A server that answers. */
export interface RunningServer {
  readonly address: EdgeAddress;
  readonly house: House;
  /** Resolves when the models are loaded. @throws {VisionFailedError} when they cannot be */
  ready(): Promise<void>;
  /** Takes no more requests, finishes those under way, lets go of everything. */
  close(): Promise<void>;
}

/** Operations that run at once for every inference worker: some wait for a worker, some never need one. */
const runningPerWorker = 4;

/**
 * Starts the server: puts the house together and opens the edge before it. It listens at once; `/readyz` and
 * {@link RunningServer.ready} tell when the models are loaded.
 */
export async function startServer(config: Config, options: ComposeOptions = {}): Promise<RunningServer> {
  const logger = openLogger(config);
  const house = await compose(config, {
    ...options,
    onNotice: (notice) => {
      logger.warn({}, notice);
      options.onNotice?.(notice);
    },
  });
  for (const warning of await house.warnings()) logger.warn({}, warning);
  return serveHouse(house, logger);
}

/** Opens the edge before a house that stands; closing the server closes the house. */
export async function serveHouse(house: House, logger = openLogger(house.config)): Promise<RunningServer> {
  const { config } = house;
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  observeHouse(house, metrics);
  let ready = false;
  const readiness = house.ready().then(() => {
    ready = true;
  });
  // Told to whoever awaits ready(); until then it must not end the process.
  readiness.catch(() => {});
  const edge = createEdge({
    dispatch: house.dispatch,
    findKey: house.findKey,
    signing: config.signatures ? { kind: 'required' } : { kind: 'off', caller: house.localCaller },
    region: config.region,
    version: packageVersion(),
    corsOrigins: config.corsOrigins,
    tls: config.tls,
    limits: {
      maxRunning: config.workers * runningPerWorker,
      maxWaiting: config.queueLimit,
      maxBodyBytes: config.maxBodyBytes,
      requestTimeoutMs: config.requestTimeoutMs,
    },
    logger,
    metrics,
    clock: Date.now,
    onRefusedCaller: house.refusedCaller,
    standingHeaders: { 'x-likeness-policy': house.policy.digest },
    ready: () => ready,
  });
  try {
    const address = await edge.listen({ host: config.host, port: config.port });
    return {
      address,
      house,
      ready: () => readiness,
      close: async () => {
        await edge.close();
        await house.close();
        logger.flush();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

function openLogger(config: Config): pino.Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: false }));
}

function observeHouse(house: House, register: Registry): void {
  const gauge = (name: string, help: string, member: keyof HouseHealth) =>
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.set(house.health()[member]);
      },
    });
  gauge('likeness_inference_workers', 'Inference worker processes.', 'workers');
  gauge('likeness_inference_workers_busy', 'Inference workers at work.', 'busy');
  gauge('likeness_inference_waiting', 'Images that wait for an inference worker.', 'waiting');
  gauge(
    'likeness_inference_workers_replaced',
    'Workers that died, hung or grew too big and were replaced.',
    'replaced',
  );
  gauge('likeness_search_index_bytes', 'Memory of the search index.', 'indexBytes');
  gauge(
    'likeness_collections_quarantined',
    'Collections that are refused because their data is damaged.',
    'quarantinedCollections',
  );
}
