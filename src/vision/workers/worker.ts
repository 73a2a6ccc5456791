import type { EngineSettings, FaceEngine } from '../face-engine.ts';
import { openFaceEngine } from '../face-engine.ts';
import { serveTasks } from './serve-tasks.ts';

/** The entry of a worker process: opens the engine it is told to, then does one task after the other. */
serveTasks<FaceEngine>((settings) => openFaceEngine(settings as EngineSettings));
