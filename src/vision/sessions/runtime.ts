import { InferenceSession } from 'onnxruntime-node';

/**
 * Opens a session of ONNX Runtime, which sends nothing to anyone. Since 1.30 its packages for Linux and macOS report
 * machine, models and use to Microsoft unless this variable stands before the first session: with it nothing is
 * collected, kept or sent. It is the one place that writes to the environment; the runtime has no other switch on Node.js.
 *
 * @throws {Error} ONNX Runtime's own error when it isn't a model it can run
 * @source https://github.com/microsoft/onnxruntime/pull/27379
 */
export async function openSession(
  model: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  return typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}
