import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Admission } from './http/admission.ts';
import type { BodyReader } from './http/bodies.ts';

/** Counts what the edge does; labels are operations and outcomes, never keys, persons or names. */
export interface EdgeMetrics {
  /** @param outcome `ok`, an error's code, or `client-gone` */
  finished(request: { operation: string; outcome: string; seconds: number }): void;
}

/** Registers the edge's metrics; `registry` is the server's own, so that two servers in a process don't mix. */
export function createEdgeMetrics(
  registry: Registry,
  parts: { readonly admission: Admission; readonly bodies: BodyReader },
): EdgeMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'likeness_requests_total',
    help: 'Requests by operation and outcome.',
    labelNames: ['operation', 'outcome'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'likeness_request_duration_seconds',
    help: 'Seconds from the headers of a request to the end of its answer.',
    labelNames: ['operation'] as const,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  });
  const gauges = [
    ['likeness_requests_running', 'Requests that run now.', () => parts.admission.running()],
    ['likeness_requests_waiting', 'Requests that wait for their turn.', () => parts.admission.waiting()],
    ['likeness_request_bodies_bytes', 'Memory that request bodies hold.', () => parts.bodies.heldBytes()],
  ] as const;
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    finished({ operation, outcome, seconds }) {
      requests.inc({ operation, outcome });
      durations.observe({ operation }, seconds);
    },
  };
}
