import type { FaceTemplate } from '../../vision/index.ts';
import { personId } from '../people/index.ts';
import type { SearchBudget } from '../policy/index.ts';

/** `repeated`: one face again and again; `crowd`: as many different faces as a crowd has. */
export type ProbeFlag = 'repeated' | 'crowd';

/** A face that somebody is about to search for. */
export interface SeenProbe {
  readonly person: string;
  readonly purpose: string;
  /** Only probes of one group are compared with each other. */
  readonly group: string;
  readonly probe: FaceTemplate;
  readonly budget: SearchBudget;
  isSameFace(one: FaceTemplate, other: FaceTemplate): boolean;
}

/** Watches whom people search for, without knowing who that is. */
export interface ProbeWatch {
  /** Counts the probe, or says why it is too much and when it will not be; then it is not counted. */
  look(seen: SeenProbe): { readonly flag: ProbeFlag; readonly againAtMs: number } | undefined;
  /** Forgets what is an hour old. Runs by the clock too, so that nothing stays because nobody searches. */
  forget(): void;
  /** How many probes are held. */
  held(): number;
  /** Forgets everything. */
  close(): void;
}

/** One face as it was searched for by one person under one purpose. */
interface ProbeCluster {
  readonly group: string;
  /** The latest probe of the face: none is held longer than an hour. */
  template: FaceTemplate;
  /** Earliest first. */
  times: number[];
}

const hourMs = 3_600_000;
const tenMinutesMs = 600_000;
/** 512 dimensions take 2 KiB: at most 40 MiB. */
const defaultMost = 20_000;

/**
 * Holds probes in memory only, an hour at most, and overwrites them when they are dropped.
 *
 * @param parts.clock one that never goes back
 * @param parts.most how many probes are held; beyond, the oldest are dropped
 */
export function createProbeWatch(parts: { readonly clock: () => number; readonly most?: number }): ProbeWatch {
  const most = parts.most ?? defaultMost;
  /** By person and purpose; within, the least recent first. */
  const watched = new Map<string, ProbeCluster[]>();
  let held = 0;

  const drop = (clusters: readonly ProbeCluster[]): void => {
    for (const cluster of clusters) cluster.template.fill(0);
    held -= clusters.length;
  };

  function forgetOf(key: string, nowMs: number): void {
    const clusters = watched.get(key) ?? [];
    for (const cluster of clusters) {
      if ((cluster.times[0] ?? 0) <= nowMs - hourMs) {
        cluster.times = cluster.times.filter((atMs) => atMs > nowMs - hourMs);
      }
    }
    const gone = clusters.filter(({ times }) => times.length === 0);
    if (gone.length === 0) return;
    drop(gone);
    const kept = clusters.filter(({ times }) => times.length > 0);
    if (kept.length === 0) watched.delete(key);
    else watched.set(key, kept);
  }

  function dropOldest(): void {
    let oldest: { clusters: ProbeCluster[]; atMs: number } | undefined;
    for (const clusters of watched.values()) {
      const atMs = clusters[0]?.times.at(-1);
      if (atMs !== undefined && atMs < (oldest?.atMs ?? Number.POSITIVE_INFINITY)) oldest = { clusters, atMs };
    }
    drop(oldest?.clusters.splice(0, 1) ?? []);
  }

  return {
    look({ person, purpose, group, probe, budget, isSameFace }) {
      const nowMs = parts.clock();
      const key = `${purpose}/${personId(person)}`;
      forgetOf(key, nowMs);
      const clusters = watched.get(key) ?? [];
      const same = clusters.find((cluster) => cluster.group === group && isSameFace(cluster.template, probe));
      const freedBy = same?.times[same.times.length - budget.repeatsOfOneProbePerHour];
      if (freedBy !== undefined) return { flag: 'repeated', againAtMs: freedBy + hourMs };

      const recent = clusters.map(({ times }) => times.at(-1) ?? 0).filter((atMs) => atMs > nowMs - tenMinutesMs);
      const isRecent = (same?.times.at(-1) ?? 0) > nowMs - tenMinutesMs;
      if (!isRecent && recent.length >= budget.differentProbesPerTenMinutes) {
        const earliest = recent.sort((a, b) => a - b)[recent.length - budget.differentProbesPerTenMinutes] ?? nowMs;
        return { flag: 'crowd', againAtMs: earliest + tenMinutesMs };
      }

      if (same === undefined) {
        while (held >= most) dropOldest();
        clusters.push({ group, template: probe.slice(), times: [nowMs] });
        held += 1;
      } else {
        same.template.fill(0);
        same.template = probe.slice();
        same.times.push(nowMs);
        clusters.push(...clusters.splice(clusters.indexOf(same), 1));
      }
      watched.set(key, clusters);
      return undefined;
    },
    forget() {
      const nowMs = parts.clock();
      for (const key of [...watched.keys()]) forgetOf(key, nowMs);
    },
    held: () => held,
    close() {
      for (const clusters of watched.values()) drop(clusters);
      watched.clear();
    },
  };
}
