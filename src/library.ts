import { randomUUID } from 'node:crypto';
import { type ComposeOptions, compose, type House } from './compose.ts';
import { type Config, loadConfig } from './config/index.ts';
import {
  type BuiltOperationName,
  createConstraintCheck,
  operations,
  type RequestOf,
  type ResponseOf,
  readConstraints,
  ServiceError,
  violationsMessage,
} from './contract/index.ts';

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Takes what HTTP tells in headers, such as `x-likeness-review-case`, before the call's promise resolves. */
  readonly onHeaders?: (headers: Readonly<Record<string, string>>) => void;
}

/** Every built operation as a method, as on the AWS SDK's `Rekognition` class, from `detectFaces` to `searchUsersByImage`. */
export type RekognitionMethods = {
  readonly [Name in BuiltOperationName as Uncapitalize<Name>]: (
    request: RequestOf<Name>,
    options?: CallOptions,
  ) => Promise<ResponseOf<Name>>;
};

/** Likeness inside this process: the same engine, the same gate, without HTTP. */
export type Likeness = RekognitionMethods & {
  /** Resolves when the models are loaded; calls that come earlier wait by themselves. */
  ready(): Promise<void>;
  /** Lets running calls finish and lets go of the data folder. */
  close(): Promise<void>;
};

/** Settings as environment names, such as `{ LIKENESS_DATA_DIR: '/srv/likeness' }`; what is left out has its default. */
export type LikenessSettings = Readonly<Record<`LIKENESS_${string}`, string>>;

/**
 * Opens Likeness in this process. Models that are missing are fetched first. The data folder belongs to one process at a
 * time: while a server holds it this fails.
 *
 * @throws {ConfigError} naming each setting that cannot be used
 * @throws {StoreError} `locked` while another process holds the data folder
 */
export async function openLikeness(settings: LikenessSettings = {}, options: ComposeOptions = {}): Promise<Likeness> {
  return likenessOver(await compose(loadConfig({ env: settings, cwd: process.cwd() }), options));
}

/** The library's face over a house that is open; closing it closes the house. */
export function likenessOver(house: House): Likeness {
  const constraints = readConstraints();
  const check = createConstraintCheck(constraints.shapes);
  const call = async (name: BuiltOperationName, request: unknown, options: CallOptions = {}): Promise<unknown> => {
    const violations = check(constraints.requests[name], request);
    if (violations.length > 0) throw new ServiceError('ValidationException', violationsMessage(violations));
    const { response, headers } = await house.dispatch({
      requestId: randomUUID(),
      caller: house.localCaller,
      operation: name,
      request,
      signal: options.signal ?? AbortSignal.timeout(house.config.requestTimeoutMs),
    });
    options.onHeaders?.(headers);
    return response;
  };
  const names = Object.entries(operations).flatMap(([name, { status }]) =>
    status === 'built' ? [name as BuiltOperationName] : [],
  );
  const methods = Object.fromEntries(
    names.map((name) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      (request: unknown, options?: CallOptions) => call(name, request, options),
    ]),
  ) as unknown as RekognitionMethods;
  return { ...methods, ready: () => house.ready(), close: () => house.close() };
}

export type { Config };
