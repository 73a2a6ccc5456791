import { readFile } from 'node:fs/promises';
import { type Cost, peakMemory, serveChild, startCounting } from '../child.ts';
import { openPeer, type PeerName, type PeerPipeline } from './pipelines.ts';

/** What a peer's process is asked. */
export type PeerQuestion =
  | { readonly kind: 'open'; readonly peer: PeerName }
  | { readonly kind: 'embed-all'; readonly path: string }
  /** Compares the faces of two photos; both are embedded once and remembered in this process only. */
  | { readonly kind: 'compare'; readonly a: string; readonly b: string };

/** What it answers, with what the work cost from the files' bytes to the result. */
export interface PeerAnswer extends Cost {
  readonly faces: number;
  /** Undefined when a face was not found. */
  readonly score: number | undefined;
  readonly peakBytes: number;
}

let pipeline: PeerPipeline | undefined;
const known = new Map<string, Float32Array | undefined>();

serveChild<PeerQuestion, PeerAnswer>(async (question) => {
  if (question.kind === 'open') pipeline = await openPeer(question.peer);
  const peer = pipeline;
  if (peer === undefined) throw new Error('the peer was not opened');
  if (question.kind === 'embed-all') {
    const file = await readFile(question.path);
    const spent = startCounting();
    const faces = await peer.embedAll(file);
    return { ...spent(), faces, score: undefined, peakBytes: peakMemory() };
  }
  const spent = startCounting();
  let score: number | undefined;
  if (question.kind === 'compare') {
    const embed = async (path: string) => {
      if (!known.has(path)) known.set(path, await peer.embedOne(await readFile(path)));
      return known.get(path);
    };
    const [a, b] = [await embed(question.a), await embed(question.b)];
    score = a && b && peer.scoreOf(a, b);
  }
  return { ...spent(), faces: 0, score, peakBytes: peakMemory() };
});
