import { ModelFormatError } from './errors.ts';
import type { WeightGroup } from './weights.ts';

interface RawAttribute {
  readonly s?: string;
  readonly i?: string | number;
  readonly f?: number;
  readonly b?: boolean;
  readonly list?: { readonly s?: readonly string[]; readonly i?: readonly (string | number)[] };
}

interface RawNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, RawAttribute>>;
}

interface RawGraph {
  readonly modelTopology: { readonly node: readonly RawNode[] };
  readonly weightsManifest: readonly WeightGroup[];
}

/** One operation of a tfjs graph, its inputs named by node. */
export interface TfjsNode {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  /** A text attribute, or the empty string. */
  text(attribute: string): string;
  /** A list of texts, or an empty one. */
  texts(attribute: string): readonly string[];
  /** A list of whole numbers, or an empty one. */
  integers(attribute: string): readonly number[];
  /** A switch, false when not given. */
  flag(attribute: string): boolean;
  /** A fraction, 0 when not given. */
  fraction(attribute: string): number;
}

/** A tfjs graph model: its nodes by name and the manifest of its weights. */
export interface TfjsGraph {
  readonly nodes: ReadonlyMap<string, TfjsNode>;
  readonly weights: readonly WeightGroup[];
}

const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

// "^name" is a control edge and ":0" the first output: with single-output operations both mean the node.
const nodeName = (edge: string): string => edge.replace(/^\^/, '').replace(/:0$/, '');

function describe(raw: RawNode): TfjsNode {
  const attribute = (name: string): RawAttribute => raw.attr?.[name] ?? {};
  return {
    name: raw.name,
    operation: raw.op,
    inputs: (raw.input ?? []).filter((edge) => !edge.startsWith('^')).map(nodeName),
    text: (name) => fromBase64(attribute(name).s ?? ''),
    texts: (name) => (attribute(name).list?.s ?? []).map(fromBase64),
    integers: (name) => (attribute(name).list?.i ?? []).map(Number),
    flag: (name) => attribute(name).b ?? false,
    fraction: (name) => attribute(name).f ?? 0,
  };
}

/**
 * Reads the JSON file of a tfjs graph model.
 *
 * @throws {ModelFormatError} when it isn't one
 */
export function parseTfjsGraph(json: Uint8Array): TfjsGraph {
  let raw: Partial<RawGraph>;
  try {
    raw = JSON.parse(Buffer.from(json).toString('utf8')) as Partial<RawGraph>;
  } catch (cause) {
    throw new ModelFormatError('a tfjs graph model is not JSON', { cause });
  }
  if (!Array.isArray(raw.modelTopology?.node) || !Array.isArray(raw.weightsManifest))
    throw new ModelFormatError('a tfjs graph model has no topology or no weights manifest');
  const nodes = new Map(raw.modelTopology.node.map((node) => [node.name, describe(node)]));
  return { nodes, weights: raw.weightsManifest };
}

/**
 * The nodes that the wanted outputs need, each after its inputs.
 *
 * @param boundary nodes that are taken as given: they are listed, what feeds them isn't
 * @throws {ModelFormatError} when a node is missing
 */
export function nodesInOrder(graph: TfjsGraph, outputs: readonly string[], boundary: string): TfjsNode[] {
  const ordered: TfjsNode[] = [];
  const state = new Map<string, 'waiting' | 'listed'>();
  const stack = [...outputs].reverse();
  for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
    const node = graph.nodes.get(name);
    if (!node) throw new ModelFormatError(`the graph has no node ${name}`);
    if (state.has(name)) {
      stack.pop();
      if (state.get(name) === 'waiting') ordered.push(node);
      state.set(name, 'listed');
    } else {
      state.set(name, 'waiting');
      if (name !== boundary) stack.push(...node.inputs.filter((input) => !state.has(input)));
    }
  }
  return ordered;
}
