import { readBrowserifyExport, readBrowserifyWeights } from './browserify.ts';
import { ModelFormatError } from './errors.ts';
import { convertFaceApiNet } from './face-api-to-onnx.ts';
import { foldArithmetic } from './fold-arithmetic.ts';
import type { ModelEntry } from './manifest.ts';
import { convertTfjsGraph } from './tfjs-to-onnx.ts';

/**
 * Converts a model's source files to ONNX as its manifest entry says.
 *
 * @param sources the bytes of each of the entry's files by path
 * @returns the ONNX file, the same bytes on every machine; not compared with the manifest's digest here
 * @throws {ModelFormatError} when the sources aren't what the entry says
 */
export function convertModel(entry: ModelEntry, sources: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const source = (path: string): Uint8Array => {
    const bytes = sources.get(path);
    if (!bytes) throw new ModelFormatError(`${entry.id} has no source file ${path}`);
    return bytes;
  };
  const { id: name, conversion, input, outputs } = entry;
  if (conversion.kind === 'onnx') {
    const file = source(conversion.file);
    return conversion.folded ? foldArithmetic(file) : file;
  }
  const main = conversion.kind === 'tfjs-graph' ? conversion.graph : conversion.weights;
  const folder = main.slice(0, main.lastIndexOf('/') + 1);
  const read = (path: string): Uint8Array => source(folder + path);

  if (conversion.kind === 'face-api')
    return convertFaceApiNet(source(main), read, { name, net: conversion.net, input, outputs });
  const bundled = conversion.bundled !== undefined;
  const graph = bundled ? Buffer.from(JSON.stringify(readBrowserifyExport(source(main)))) : source(main);
  const weights = bundled ? (path: string) => readBrowserifyWeights(read(`${path}.min.js`)) : read;
  return convertTfjsGraph(graph, weights, {
    name,
    input: { node: conversion.inputNode, name: input.name, shape: input.shape },
    outputs: outputs.map((output) => {
      const node = conversion.outputNodes[output.name];
      if (!node) throw new ModelFormatError(`${name} names no node for its output ${output.name}`);
      return { node, name: output.name, shape: output.shape };
    }),
  });
}
